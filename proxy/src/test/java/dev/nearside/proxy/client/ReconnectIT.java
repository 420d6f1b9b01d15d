package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.client.Scene.Variant;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.Waiting;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.RedisClient;

/**
 * Clients that reconnect by themselves, when Redis kills every connection and when the sidecar is
 * restarted.
 */
class ReconnectIT {
  /** Something that ends connections. */
  @FunctionalInterface
  private interface Cut {
    void make(Scene scene) throws Exception;
  }

  private static final Cut[] CUTS = {
    scene -> {
      scene.direct("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      scene.direct("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes");
    },
    Scene::restart
  };

  private static void awaitHeard(Scene scene, Queue<String> heard) {
    heard.clear();
    Waiting.until(
        "it hears again",
        () -> {
          scene.direct("PUBLISH", "news", "again");
          return heard.contains("again");
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void jedis_poolThatTestsOnBorrow_goesOn(RedisProgram program) throws Exception {
    ConnectionPoolConfig tested = new ConnectionPoolConfig();
    tested.setTestOnBorrow(true);
    tested.setMinIdle(4);
    try (Scene scene = Scene.open(program);
        RedisClient pool =
            RedisClient.builder()
                .hostAndPort("127.0.0.1", scene.port())
                .poolConfig(tested)
                .build()) {
      pool.set("k", "0");
      for (Cut cut : CUTS) {
        try (Connection pinned = pool.getPool().getResource()) {
          pinned.sendCommand(redis.clients.jedis.Protocol.Command.WATCH, "k");
          assertThat(pinned.getStatusCodeReply()).isEqualTo("OK");
        }
        String before = pool.get("k");
        cut.make(scene);
        Waiting.until("it is back", () -> pool.ping().equals("PONG"));
        Waiting.until("it writes", () -> pool.incr("k") > 0);
        assertThat(Long.parseLong(pool.get("k"))).isGreaterThan(Long.parseLong(before));
      }
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void lettuce_connectionAndSubscription_goOn(RedisProgram program) throws Exception {
    try (Scene scene = Scene.open(program)) {
      RedisURI uri = RedisURI.create("127.0.0.1", scene.port());
      io.lettuce.core.RedisClient client = io.lettuce.core.RedisClient.create(uri);
      try {
        Queue<String> heard = new ConcurrentLinkedQueue<>();
        StatefulRedisPubSubConnection<String, String> subscriber = client.connectPubSub();
        subscriber.addListener(
            new RedisPubSubAdapter<String, String>() {
              @Override
              public void message(String channel, String message) {
                heard.add(message);
              }
            });
        subscriber.sync().subscribe("news");
        StatefulRedisConnection<String, String> connection = client.connect();
        for (Cut cut : CUTS) {
          connection.sync().set("k", "before");
          assertThat(connection.sync().get("k")).isEqualTo("before");
          cut.make(scene);
          Waiting.until("it is back", () -> connection.sync().set("k", "after").equals("OK"));
          assertThat(connection.sync().get("k")).isEqualTo("after");
          awaitHeard(scene, heard);
        }
      } finally {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
      }
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void redisson_bucketsAndTopics_goOn(RedisProgram program) throws Exception {
    try (Scene scene = Scene.open(program)) {
      RedissonClient redisson = RedissonIT.connect(scene, new Variant(program, 3), 0);
      try {
        Queue<String> heard = new ConcurrentLinkedQueue<>();
        RTopic topic = redisson.getTopic("news");
        topic.addListener(String.class, (channel, message) -> heard.add(message));
        for (Cut cut : CUTS) {
          redisson.getBucket("k").set("before");
          assertThat(redisson.getBucket("k").get()).isEqualTo("before");
          cut.make(scene);
          redisson.getBucket("k").set("after");
          assertThat(redisson.getBucket("k").get()).isEqualTo("after");
          awaitHeard(scene, heard);
        }
      } finally {
        redisson.shutdown();
      }
      scene.awaitRest();
    }
  }
}
