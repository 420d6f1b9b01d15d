package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.Waiting;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.MaintNotificationsConfig.EndpointType;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.csc.DefaultCache;

/** What clients of RESP3 ask to be told: which keys changed, for caches of their own. */
class StackedCacheIT {
  /** A cache that does not ask for Redis 7.4. */
  private static final class AnyVersionCache extends DefaultCache {
    AnyVersionCache() {
      super(100);
    }

    @Override
    public boolean compatibilityMode() {
      return true;
    }
  }

  private static void playLettuce(
      RedisProgram program,
      ClientOptions options,
      Scene.Part<StatefulRedisConnection<String, String>> part)
      throws Exception {
    try (Scene scene = Scene.open(program, "l1.admission-window=0s")) {
      RedisURI uri = RedisURI.create("127.0.0.1", scene.port());
      io.lettuce.core.RedisClient client = io.lettuce.core.RedisClient.create(uri);
      client.setOptions(options);
      try {
        part.play(scene, client.connect());
      } finally {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
      }
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void jedis_withItsOwnCache_seesWritesThroughAndPast(RedisProgram program) throws Exception {
    try (Scene scene = Scene.open(program, "l1.admission-window=0s")) {
      AnyVersionCache cache = new AnyVersionCache();
      try (RedisClient cached =
              RedisClient.builder()
                  .hostAndPort("127.0.0.1", scene.port())
                  .clientConfig(DefaultJedisClientConfig.builder().resp3().build())
                  .cache(cache)
                  .build();
          RedisClient other = RedisClient.create("127.0.0.1", scene.port())) {
        other.set("k", "first");
        for (int i = 0; i < 5; i++) {
          assertThat(cached.get("k")).isEqualTo("first");
        }
        assertThat(cache.getStats().getHitCount()).isEqualTo(4);
        other.set("k", "through");
        Waiting.until("the write through is seen", () -> cached.get("k").equals("through"));
        scene.writeElsewhere("k", "past", () -> cached.get("k"));
        assertThat(cache.getStats().getInvalidationCount()).isGreaterThanOrEqualTo(2);
        long hits = cache.getStats().getHitCount();
        assertThat(cached.get("k")).isEqualTo("past");
        assertThat(cache.getStats().getHitCount()).isEqualTo(hits + 1);
      }
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void lettuce_tracking_isToldOfWritesThroughAndPast(RedisProgram program) throws Exception {
    ClientOptions resp3 = ClientOptions.builder().protocolVersion(ProtocolVersion.RESP3).build();
    playLettuce(
        program,
        resp3,
        (scene, connection) -> {
          LinkedBlockingQueue<List<Object>> told = new LinkedBlockingQueue<>();
          connection.addListener(push -> {
            if (push.getType().equals("invalidate")) {
              told.add(push.getContent(StringCodec.UTF8::decodeKey));
            }
          });
          connection.sync().get("k");
          assertThat(connection.sync().clientTracking(TrackingArgs.Builder.enabled()))
              .isEqualTo("OK");
          connection.sync().set("k", "own");
          assertThat(connection.sync().get("k")).isEqualTo("own");
          scene.direct("SET", "k", "past");
          assertThat(told.poll(20, TimeUnit.SECONDS))
              .isEqualTo(List.of("invalidate", List.of("k")));
          assertThat(connection.sync().get("k")).isEqualTo("past");
          assertThat(scene.pinned()).isEqualTo(1);
        });
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void lettuce_maintenanceNotificationsUnknownToRedis_goesOnUnpinned(RedisProgram program)
      throws Exception {
    ClientOptions asking =
        ClientOptions.builder()
            .protocolVersion(ProtocolVersion.RESP3)
            .maintNotificationsConfig(MaintNotificationsConfig.enabled(EndpointType.INTERNAL_IP))
            .build();
    ClientOptions silent =
        asking.mutate().maintNotificationsConfig(MaintNotificationsConfig.disabled()).build();
    playLettuce(
        program,
        asking,
        (scene, connection) -> {
          assertThat(connection.sync().set("k", "v")).isEqualTo("OK");
          scene.awaitLocal(() -> connection.sync().get("k"), "v");
          assertThat(connectAgain(scene, asking)).isEqualTo(connectAgain(scene, silent) + 1);
          assertThat(scene.pinned()).isZero();
        });
  }

  /** Returns how many errors Redis gave while a client connected. */
  private static long connectAgain(Scene scene, ClientOptions options) throws Exception {
    long before = errors(scene);
    RedisURI uri = RedisURI.create("127.0.0.1", scene.port());
    io.lettuce.core.RedisClient client = io.lettuce.core.RedisClient.create(uri);
    client.setOptions(options);
    try {
      client.connect().sync().ping();
      return errors(scene) - before;
    } finally {
      client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
    }
  }

  private static long errors(Scene scene) throws Exception {
    return scene
        .direct("INFO", "errorstats")
        .lines()
        .filter(line -> line.startsWith("errorstat_ERR:count="))
        .mapToLong(line -> Long.parseLong(line.substring("errorstat_ERR:count=".length())))
        .sum();
  }
}
