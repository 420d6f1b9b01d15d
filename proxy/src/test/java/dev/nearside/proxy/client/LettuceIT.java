package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.client.Scene.Variant;
import dev.nearside.proxy.scene.Waiting;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LettuceIT {

  private static final Scene.Library<RedisClient> LETTUCE =
      new Scene.Library<>() {
        @Override
        public RedisClient open(Scene scene, Variant variant) {
          RedisClient client = RedisClient.create(uri(scene, 0));
          ProtocolVersion protocol =
              variant.protocol() == 3 ? ProtocolVersion.RESP3 : ProtocolVersion.RESP2;
          client.setOptions(ClientOptions.builder().protocolVersion(protocol).build());
          return client;
        }

        @Override
        public void close(RedisClient client) {
          client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
        }
      };

  private static RedisURI uri(Scene scene, int database) {
    return RedisURI.builder()
        .withHost("127.0.0.1")
        .withPort(scene.port())
        .withDatabase(database)
        .withClientName("lettuce-it")
        .withTimeout(Duration.ofSeconds(20))
        .build();
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void session_plain_isServedFromL1AndNeverPinned(Variant variant) throws Exception {
    Scene.play(
        variant,
        LETTUCE,
        (scene, client) -> {
          RedisCommands<String, String> redis = client.connect().sync();
          RedisCommands<String, String> three = client.connect(uri(scene, 3)).sync();
          assertThat(redis.set("k", "zero")).isEqualTo("OK");
          assertThat(three.set("k", "three")).isEqualTo("OK");
          scene.awaitLocal(() -> redis.get("k"), "zero");
          assertThat(three.get("k")).isEqualTo("three");
          scene.writeElsewhere("k", "fresh", () -> redis.get("k"));
          assertThat(redis.select(3)).isEqualTo("OK");
          assertThat(redis.get("k")).isEqualTo("three");
          assertThat(redis.get("absent")).isNull();
          assertThat(scene.pinned()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void pipeline_asynchronous_repliesInOrder(Variant variant) throws Exception {
    Scene.play(
        variant,
        LETTUCE,
        (scene, client) -> {
          StatefulRedisConnection<String, String> connection = client.connect();
          connection.setAutoFlushCommands(false);
          List<RedisFuture<?>> replies = new ArrayList<>();
          List<Object> expected = new ArrayList<>();
          for (int i = 0; i < 500; i++) {
            replies.add(connection.async().incr("n"));
            expected.add(i + 1L);
            replies.add(connection.async().get("n"));
            expected.add(Integer.toString(i + 1));
            replies.add(connection.async().set("k", "v" + i));
            expected.add("OK");
            replies.add(connection.async().get("k"));
            expected.add("v" + i);
          }
          connection.flushCommands();
          for (int i = 0; i < replies.size(); i++) {
            assertThat((Object) replies.get(i).get(20, TimeUnit.SECONDS))
                .isEqualTo(expected.get(i));
          }
          assertThat(scene.pinned()).isZero();
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void transaction_watched_isExecutedUnlessTheKeyChanged(Variant variant) throws Exception {
    Scene.play(
        variant,
        LETTUCE,
        (scene, client) -> {
          RedisCommands<String, String> redis = client.connect().sync();
          redis.set("balance", "10");
          redis.watch("balance");
          assertThat(redis.get("balance")).isEqualTo("10");
          redis.multi();
          redis.decrby("balance", 3);
          redis.get("balance");
          assertThat(redis.exec().stream()).containsExactly(7L, "7");
          redis.watch("balance");
          scene.direct("SET", "balance", "100");
          redis.multi();
          redis.decrby("balance", 3);
          assertThat(redis.exec().wasDiscarded()).isTrue();
          Waiting.until("the write elsewhere is seen", () -> redis.get("balance").equals("100"));
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void script_unknownThenLoaded_writesAreSeen(Variant variant) throws Exception {
    Scene.play(
        variant,
        LETTUCE,
        (scene, client) -> {
          RedisCommands<String, String> redis = client.connect().sync();
          RedisCommands<String, String> other = client.connect().sync();
          String[] keys = {"n"};
          other.set("n", "1");
          other.get("n");
          other.get("n");
          assertThatThrownBy(
                  () -> redis.evalsha(Scene.UNKNOWN_SHA, ScriptOutputType.INTEGER, keys, "1"))
              .isInstanceOf(RedisNoScriptException.class);
          Long three = redis.eval(Scene.ADD, ScriptOutputType.INTEGER, keys, "2");
          assertThat(three).isEqualTo(3);
          assertThat(other.get("n")).isEqualTo("3");
          String sha = redis.scriptLoad(Scene.ADD);
          Long seven = redis.evalsha(sha, ScriptOutputType.INTEGER, keys, "4");
          assertThat(seven).isEqualTo(7);
          assertThat(other.get("n")).isEqualTo("7");
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void blockingPop_waiting_delaysNobodyAndIsWoken(Variant variant) throws Exception {
    Scene.play(
        variant,
        LETTUCE,
        (scene, client) -> {
          StatefulRedisConnection<String, String> waiting = client.connect();
          RedisCommands<String, String> other = client.connect().sync();
          RedisFuture<KeyValue<String, String>> popped = waiting.async().blpop(0, "queue");
          scene.awaitBlocked(1);
          other.set("k", "v");
          assertThat(other.get("k")).isEqualTo("v");
          assertThat(popped.isDone()).isFalse();
          other.rpush("queue", "job");
          assertThat(popped.get(20, TimeUnit.SECONDS)).isEqualTo(KeyValue.just("queue", "job"));
          assertThat(waiting.sync().get("k")).isEqualTo("v");
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void subscription_endedAgain_clientGoesOnAsBefore(Variant variant) throws Exception {
    Scene.play(
        variant,
        LETTUCE,
        (scene, client) -> {
          LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
          StatefulRedisPubSubConnection<String, String> subscriber = client.connectPubSub();
          subscriber.addListener(new Ears(heard));
          RedisCommands<String, String> other = client.connect().sync();
          subscriber.sync().subscribe("news");
          assertThat(other.publish("news", "through")).isEqualTo(1);
          assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("news: through");
          scene.direct("PUBLISH", "news", "past");
          assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("news: past");
          subscriber.sync().unsubscribe("news");
          assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("end of news");
          assertThat(subscriber.sync().set("k", "v")).isEqualTo("OK");
          assertThat(subscriber.sync().get("k")).isEqualTo("v");
        });
  }

  private static final class Ears extends RedisPubSubAdapter<String, String> {
    private final LinkedBlockingQueue<String> heard;

    Ears(LinkedBlockingQueue<String> heard) {
      this.heard = heard;
    }

    @Override
    public void message(String channel, String message) {
      heard.add(channel + ": " + message);
    }

    @Override
    public void unsubscribed(String channel, long count) {
      heard.add("end of " + channel);
    }
  }
}
