package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;

/** Redis is killed and comes back: how long until everything is as it was. */
@Timeout(120)
class RecoveryIT {
  private static final System.Logger log = System.getLogger("RecoveryIT");
  private static final String OPEN = "nearside_l1_open";

  @RepeatedTest(3)
  void redisKilledAndRestarted_commandsWorkAndL1OpensAgain() throws IOException {
    RedisServer redis = RedisServer.start("--save", "");
    try (Sidecar sidecar = Sidecar.inFrontOf(redis.port(), "l1.admission-window=0s").awaitReady();
        RespClient client = sidecar.connect()) {
      assertThat(client.call("SET", "k", "v")).isEqualTo("+OK\r\n");
      redis.kill();
      Waiting.until("it is told so", () -> client.call("SET", "k", "w").startsWith("-"));
      long downNs = System.nanoTime();
      Waiting.until(
          "it has been away for a while",
          () -> {
            assertThat(client.call("SET", "k", "w")).startsWith("-TRYAGAIN");
            return System.nanoTime() - downNs > 3_000_000_000L;
          });
      assertThat(sidecar.metric(OPEN)).isZero();
      try (RedisServer again = RedisServer.startOnPort(redis.port(), "--save", "")) {
        long backNs = System.nanoTime();
        Waiting.until("a command works", () -> client.call("SET", "k", "w").equals("+OK\r\n"));
        double relayedMs = (System.nanoTime() - backNs) / 1e6;
        Waiting.until("L1 is open", () -> sidecar.metric(OPEN) == 1);
        double openMs = (System.nanoTime() - backNs) / 1e6;
        log.log(
            System.Logger.Level.INFO,
            "commands after {0} ms, L1 open after {1} ms",
            relayedMs,
            openMs);
        assertThat(received(again)).isLessThan(20); // lanes, tracked, administration, this one
      }
    }
  }

  private static long received(RedisServer redis) throws IOException {
    try (RespClient direct = RespClient.connect(redis.port())) {
      return Long.parseLong(
          direct
              .call("INFO", "stats")
              .replaceFirst("(?s).*total_connections_received:(\\d+).*", "$1"));
    }
  }
}
