package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.client.Scene.Variant;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.Waiting;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.exceptions.JedisNoScriptException;

class JedisIT {
  private static final Scene.Library<Jedis> JEDIS =
      new Scene.Library<>() {
        @Override
        public Jedis open(Scene scene, Variant variant) {
          return connect(scene, variant);
        }

        @Override
        public void close(Jedis jedis) {
          jedis.close();
        }
      };

  @AutoClose("shutdownNow")
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private static Jedis connect(Scene scene, Variant variant, int database) {
    DefaultJedisClientConfig.Builder config =
        DefaultJedisClientConfig.builder()
            .clientName("jedis-it")
            .timeoutMillis(20_000)
            .database(database);
    return new Jedis(
        new HostAndPort("127.0.0.1", scene.port()),
        (variant.protocol() == 3 ? config.resp3() : config.resp2()).build());
  }

  private static Jedis connect(Scene scene, Variant variant) {
    return connect(scene, variant, 0);
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void session_plain_isServedFromL1AndNeverPinned(Variant variant) throws Exception {
    Scene.play(
        variant,
        JEDIS,
        (scene, jedis) -> {
          assertThat(jedis.set("user:1", "ada")).isEqualTo("OK");
          for (int i = 0; i < 5; i++) {
            assertThat(jedis.get("user:1")).isEqualTo("ada");
          }
          scene.awaitLocal(() -> jedis.get("user:1"), "ada");
          scene.writeElsewhere("user:1", "grace", () -> jedis.get("user:1"));
          assertThat(jedis.hset("h", "f", "v")).isEqualTo(1);
          assertThat(jedis.hgetAll("h")).containsEntry("f", "v");
          assertThat(jedis.get("absent")).isNull();
          assertThat(jedis.mget("user:1", "absent")).containsExactly("grace", null);
          assertThat(scene.pinned()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void pipeline_mixed_repliesInOrder(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program());
        Jedis jedis = connect(scene, variant);
        Pipeline pipeline = jedis.pipelined()) {
      List<Response<?>> replies = new ArrayList<>();
      List<Object> expected = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        replies.add(pipeline.incr("n"));
        expected.add(i + 1L);
        replies.add(pipeline.get("n"));
        expected.add(Integer.toString(i + 1));
        replies.add(pipeline.set("k" + i % 7, "v" + i));
        expected.add("OK");
        replies.add(pipeline.get("k" + i % 7));
        expected.add("v" + i);
      }
      pipeline.sync();
      assertThat(replies).map(reply -> (Object) reply.get()).isEqualTo(expected);
      assertThat(scene.pinned()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void database_other_isKeptApartWithoutPinning(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program());
        Jedis zero = connect(scene, variant);
        Jedis three = connect(scene, variant, 3)) {
      zero.set("k", "zero");
      three.set("k", "three");
      for (int i = 0; i < 5; i++) {
        assertThat(zero.get("k")).isEqualTo("zero");
        assertThat(three.get("k")).isEqualTo("three");
      }
      assertThat(zero.select(3)).isEqualTo("OK");
      assertThat(zero.get("k")).isEqualTo("three");
      assertThatThrownBy(() -> zero.select(99)).hasMessageContaining("DB index is out of range");
      assertThat(zero.get("k")).isEqualTo("three");
      assertThat(zero.select(0)).isEqualTo("OK");
      assertThat(zero.get("k")).isEqualTo("zero");
      assertThat(scene.pinned()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void transaction_undisturbed_isExecuted(Variant variant) throws Exception {
    Scene.play(
        variant,
        JEDIS,
        (scene, jedis) -> {
          jedis.set("balance", "10");
          jedis.get("balance");
          jedis.get("balance");
          jedis.watch("balance");
          assertThat(jedis.get("balance")).isEqualTo("10");
          Transaction transaction = jedis.multi();
          Response<Long> left = transaction.decrBy("balance", 3);
          Response<String> read = transaction.get("balance");
          assertThat(transaction.exec()).containsExactly(7L, "7");
          assertThat(left.get()).isEqualTo(7);
          assertThat(read.get()).isEqualTo("7");
          assertThat(jedis.get("balance")).isEqualTo("7");
          assertThat(jedis.clientGetname()).isEqualTo("jedis-it");
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void transaction_watchedKeyWrittenElsewhere_isNotExecuted(Variant variant) throws Exception {
    Scene.play(
        variant,
        JEDIS,
        (scene, jedis) -> {
          jedis.set("balance", "10");
          jedis.watch("balance");
          assertThat(jedis.get("balance")).isEqualTo("10");
          scene.direct("SET", "balance", "100");
          Transaction transaction = jedis.multi();
          transaction.decrBy("balance", 3);
          assertThat(transaction.exec()).isNull();
          Waiting.until("the write elsewhere is seen", () -> jedis.get("balance").equals("100"));
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void script_unknownThenLoaded_writesAreSeen(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program());
        Jedis jedis = connect(scene, variant);
        Jedis other = connect(scene, variant)) {
      other.set("n", "1");
      other.get("n");
      other.get("n");
      assertThatThrownBy(() -> jedis.evalsha(Scene.UNKNOWN_SHA, List.of("n"), List.of("1")))
          .isInstanceOf(JedisNoScriptException.class);
      assertThat(jedis.eval(Scene.ADD, List.of("n"), List.of("2"))).isEqualTo(3L);
      assertThat(other.get("n")).isEqualTo("3");
      String sha = jedis.scriptLoad(Scene.ADD);
      assertThat(jedis.evalsha(sha, List.of("n"), List.of("4"))).isEqualTo(7L);
      assertThat(other.get("n")).isEqualTo("7");
      assertThat(jedis.eval("return redis.call('get', 'n')")).isEqualTo("7");
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void blockingPop_waiting_delaysNobodyAndIsWoken(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program());
        Jedis waiting = connect(scene, variant);
        Jedis other = connect(scene, variant)) {
      CompletableFuture<List<String>> popped =
          CompletableFuture.supplyAsync(() -> waiting.blpop(0, "queue"), threads);
      scene.awaitBlocked(1);
      assertThat(scene.direct("CLIENT", "LIST")).contains("name=jedis-it");
      other.set("k", "v");
      assertThat(other.get("k")).isEqualTo("v");
      assertThat(popped).isNotDone();
      other.rpush("queue", "job");
      assertThat(popped.get(20, TimeUnit.SECONDS)).containsExactly("queue", "job");
      assertThat(waiting.get("k")).isEqualTo("v");
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void subscription_endedAgain_clientGoesOnAsBefore(Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program());
        Jedis subscriber = connect(scene, variant);
        Jedis other = connect(scene, variant)) {
      LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
      JedisPubSub ears = new Ears(messages);
      CompletableFuture<Void> listening =
          CompletableFuture.runAsync(() -> subscriber.subscribe(ears, "news"), threads);
      scene.awaitSubscribers("news", 1);
      assertThat(other.publish("news", "through")).isEqualTo(1);
      assertThat(messages.poll(20, TimeUnit.SECONDS)).isEqualTo("news: through");
      scene.direct("PUBLISH", "news", "past");
      assertThat(messages.poll(20, TimeUnit.SECONDS)).isEqualTo("news: past");
      ears.unsubscribe();
      listening.get(20, TimeUnit.SECONDS);
      assertThat(subscriber.set("k", "v")).isEqualTo("OK");
      assertThat(subscriber.get("k")).isEqualTo("v");
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void pool_ofFifty_sharesAHandfulOfConnections(RedisProgram program) throws Exception {
    ConnectionPoolConfig fifty = new ConnectionPoolConfig();
    fifty.setMaxTotal(50);
    fifty.setMaxIdle(50);
    try (Scene scene = Scene.open(program, "event-loops=2")) {
      try (RedisClient pool =
          RedisClient.builder().hostAndPort("127.0.0.1", scene.port()).poolConfig(fifty).build()) {
        List<Pipeline> borrowed = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
          Pipeline pipeline = pool.pipelined();
          borrowed.add(pipeline);
          pipeline.set("pooled:" + i, "v" + i);
          Response<String> read = pipeline.get("pooled:" + i);
          pipeline.sync();
          assertThat(read.get()).isEqualTo("v" + i);
        }
        assertThat(scene.sidecar().metric("nearside_clients")).isEqualTo(50);
        assertThat(scene.connectionsAtRedis()).isBetween(2L, 8L);
        assertThat(scene.pinned()).isZero();
        borrowed.forEach(Pipeline::close);
      }
      scene.awaitRest();
    }
  }

  private static final class Ears extends JedisPubSub {
    private final LinkedBlockingQueue<String> messages;

    Ears(LinkedBlockingQueue<String> messages) {
      this.messages = messages;
    }

    @Override
    public void onMessage(String channel, String message) {
      messages.add(channel + ": " + message);
    }
  }
}
