package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.client.Scene.Variant;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients of other languages, each played twice: connected to Redis, and to a sidecar in front of
 * one. What their programs print must be the same.
 */
class ClientParityIT {
  private static final String[] AT_ONCE = {"l1.admission-window=0s"};
  private static final int LEAST_LINES = 60;

  @ParameterizedTest
  @MethodSource(Scene.VARIANTS)
  void nodeRedis_directlyAndThrough_printsTheSame(Variant variant) throws Exception {
    assertSame(ClientProgram.node("node-redis"), variant);
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void ioredis_directlyAndThrough_printsTheSame(RedisProgram program) throws Exception {
    assertSame(ClientProgram.node("ioredis"), new Variant(program, 2));
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void redisPy_directlyAndThrough_printsTheSame(RedisProgram program) throws Exception {
    assertSame(ClientProgram.python("redis-py", "redis"), new Variant(program, 2));
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void hiredis_directlyAndThrough_printsTheSame(RedisProgram program) throws Exception {
    assertSame(ClientProgram.c("hiredis", "hiredis"), new Variant(program, 2));
  }

  private static void assertSame(ClientProgram program, Variant variant) throws Exception {
    try (ExecutorService beside = Executors.newSingleThreadExecutor()) {
      Future<List<String>> direct = beside.submit(() -> playDirectly(program, variant));
      List<String> through = playThrough(program, variant);
      assertThat(direct.get()).endsWith("end: \"reached\"", "exit status 0");
      assertThat(direct.get()).hasSizeGreaterThan(LEAST_LINES);
      assertThat(through).containsExactlyElementsOf(direct.get());
    }
  }

  private static List<String> playThrough(ClientProgram program, Variant variant) throws Exception {
    try (Scene scene = Scene.open(variant.program(), AT_ONCE)) {
      List<String> lines =
          ClientPlay.lines(
              program,
              scene.port(),
              scene.redisPort(),
              variant.protocol(),
              () -> {
                assertThat(scene.localHits()).isPositive();
                scene.restart();
              });
      scene.awaitRest();
      return lines;
    }
  }

  private static List<String> playDirectly(ClientProgram program, Variant variant)
      throws Exception {
    try (RedisServer redis = RedisServer.start(variant.program())) {
      return ClientPlay.lines(
          program, redis.port(), redis.port(), variant.protocol(), () -> cut(redis.port()));
    }
  }

  /** Ends all connections but those that are named as going past the sidecar. */
  private static void cut(int port) throws Exception {
    try (RespClient direct = RespClient.connect(port)) {
      direct.call("CLIENT", "SETNAME", "past");
      for (String client : direct.call("CLIENT", "LIST").lines().toList()) {
        if (client.contains("id=") && !client.contains(" name=past ")) {
          direct.call("CLIENT", "KILL", "ID", client.replaceAll(".*\\bid=(\\d+) addr=.*", "$1"));
        }
      }
    }
  }
}
