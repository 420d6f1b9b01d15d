package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.client.Scene.Variant;
import dev.nearside.proxy.scene.Waiting;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.redisson.Redisson;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RBlockingQueue;
import org.redisson.api.RBucket;
import org.redisson.api.RScript;
import org.redisson.api.RTopic;
import org.redisson.api.RTransaction;
import org.redisson.api.RedissonClient;
import org.redisson.api.TransactionOptions;
import org.redisson.client.RedisNoScriptException;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.Protocol;

/** Redisson, which brings pools, locks by script and subscription connections of its own. */
class RedissonIT {

  private static final Scene.Library<RedissonClient> REDISSON =
      new Scene.Library<>() {
        @Override
        public RedissonClient open(Scene scene, Variant variant) {
          return connect(scene, variant, 0);
        }

        @Override
        public void close(RedissonClient redisson) {
          redisson.shutdown();
        }
      };

  static RedissonClient connect(Scene scene, Variant variant, int database) {
    Config config = new Config();
    config.setProtocol(variant.protocol() == 3 ? Protocol.RESP3 : Protocol.RESP2);
    config.setCodec(StringCodec.INSTANCE);
    config.setThreads(2).setNettyThreads(2);
    config
        .useSingleServer()
        .setAddress("redis://127.0.0.1:" + scene.port())
        .setDatabase(database)
        .setClientName("redisson-it")
        .setTimeout(20_000)
        .setConnectionMinimumIdleSize(4)
        .setConnectionPoolSize(16);
    return Redisson.create(config);
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void session_plain_isServedFromL1AndNeverPinned(Variant variant) throws Exception {
    Scene.play(
        variant,
        REDISSON,
        (scene, redisson) -> {
          RBucket<String> bucket = redisson.getBucket("k");
          bucket.set("zero");
          scene.awaitLocal(() -> bucket.get(), "zero");
          scene.writeElsewhere("k", "fresh", () -> bucket.get());
          assertThat(redisson.getBucket("absent").get()).isNull();
          RedissonClient three = connect(scene, variant, 3);
          try {
            assertThat(three.getBucket("k").get()).isNull();
            three.getBucket("k").set("three");
            assertThat(three.getBucket("k").get()).isEqualTo("three");
            assertThat(bucket.get()).isEqualTo("fresh");
          } finally {
            three.shutdown();
          }
          assertThat(scene.pinned()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void batch_pipelined_repliesInOrder(Variant variant) throws Exception {
    Scene.play(
        variant,
        REDISSON,
        (scene, redisson) -> {
          RBatch batch = redisson.createBatch();
          Object[] expected = new Object[400];
          for (int i = 0; i < expected.length; i += 2) {
            batch.getAtomicLong("n").incrementAndGetAsync();
            expected[i] = i / 2 + 1L;
            batch.getBucket("n").getAsync();
            expected[i + 1] = Integer.toString(i / 2 + 1);
          }
          List<?> replies = batch.execute().getResponses();
          assertThat(replies.toArray()).containsExactly(expected);
          assertThat(scene.pinned()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void transaction_atomicBatchAndLocks_areExecuted(Variant variant) throws Exception {
    Scene.play(
        variant,
        REDISSON,
        (scene, redisson) -> {
          RBucket<String> balance = redisson.getBucket("balance");
          balance.set("10");
          assertThat(balance.get()).isEqualTo("10");
          assertThat(balance.get()).isEqualTo("10");
          RBatch multi =
              redisson.createBatch(
                  BatchOptions.defaults()
                      .executionMode(BatchOptions.ExecutionMode.REDIS_WRITE_ATOMIC));
          multi.getAtomicLong("balance").addAndGetAsync(-3);
          multi.getBucket("balance").getAsync();
          List<?> replies = multi.execute().getResponses();
          assertThat(replies.toArray()).containsExactly(7L, "7");
          assertThat(balance.get()).isEqualTo("7");
          RTransaction transaction = redisson.createTransaction(TransactionOptions.defaults());
          RBucket<String> within = transaction.getBucket("balance");
          within.set("8");
          assertThat(balance.get()).isEqualTo("7");
          transaction.commit();
          assertThat(balance.get()).isEqualTo("8");
          scene.direct("SET", "balance", "100");
          assertThat(balance.compareAndSet("8", "9")).isFalse();
          Waiting.until("the write elsewhere is seen", () -> balance.get().equals("100"));
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void script_unknownThenLoaded_writesAreSeen(Variant variant) throws Exception {
    Scene.play(
        variant,
        REDISSON,
        (scene, redisson) -> {
          RScript script = redisson.getScript(StringCodec.INSTANCE);
          RBucket<String> n = redisson.getBucket("n");
          n.set("1");
          assertThat(n.get()).isEqualTo("1");
          assertThat(n.get()).isEqualTo("1");
          assertThatThrownBy(() -> run(script, Scene.UNKNOWN_SHA, "1"))
              .isInstanceOf(RedisNoScriptException.class);
          Long three =
              script.eval(
                  RScript.Mode.READ_WRITE, Scene.ADD, RScript.ReturnType.LONG, List.of("n"), "2");
          assertThat(three).isEqualTo(3);
          assertThat(n.get()).isEqualTo("3");
          assertThat(run(script, script.scriptLoad(Scene.ADD), "4")).isEqualTo(7);
          assertThat(n.get()).isEqualTo("7");
        });
  }

  private static long run(RScript script, String sha, String amount) {
    Long result =
        script.evalSha(RScript.Mode.READ_WRITE, sha, RScript.ReturnType.LONG, List.of("n"), amount);
    return result;
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void blockingPop_waiting_delaysNobodyAndIsWoken(Variant variant) throws Exception {
    Scene.play(
        variant,
        REDISSON,
        (scene, redisson) -> {
          RBlockingQueue<String> queue = redisson.getBlockingQueue("queue");
          CompletableFuture<String> popped = queue.takeAsync().toCompletableFuture();
          scene.awaitBlocked(1);
          RBucket<String> bucket = redisson.getBucket("k");
          bucket.set("v");
          assertThat(bucket.get()).isEqualTo("v");
          assertThat(popped).isNotDone();
          assertThat(queue.offer("job")).isTrue();
          assertThat(popped.get(20, TimeUnit.SECONDS)).isEqualTo("job");
          assertThat(bucket.get()).isEqualTo("v");
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void subscription_endedAgain_clientGoesOnAsBefore(Variant variant) throws Exception {
    Scene.play(
        variant,
        REDISSON,
        (scene, redisson) -> {
          LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
          RTopic topic = redisson.getTopic("news");
          int listener = topic.addListener(String.class, (channel, message) -> heard.add(message));
          assertThat(topic.publish("through")).isEqualTo(1);
          assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("through");
          scene.direct("PUBLISH", "news", "past");
          assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("past");
          topic.removeListener(listener);
          scene.awaitSubscribers("news", 0);
          RBucket<String> bucket = redisson.getBucket("k");
          bucket.set("v");
          assertThat(bucket.get()).isEqualTo("v");
        });
  }
}
