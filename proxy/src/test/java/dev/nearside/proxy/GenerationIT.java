package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the heartbeat's questions find out of real servers, and the limit on tracked keys. */
@Timeout(60)
class GenerationIT {
  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  @ParameterizedTest
  @MethodSource("programs")
  void primaryIsDemoted_generationEnds(RedisProgram program) throws IOException {
    try (RedisServer redis = RedisServer.start(program);
        RedisServer next = RedisServer.start(program);
        Sidecar sidecar = Sidecar.inFrontOf(redis.port(), "l1.admission-window=0s").awaitReady();
        RespClient client = sidecar.connect();
        RespClient direct = RespClient.connect(redis.port())) {
      assertThat(sidecar.get("/readyz").body()).doesNotContain("does not answer");
      for (String check : TrackedConnection.CHECKS) {
        assertThat(sidecar.metric("nearside_tracked_checks_off{check=\"" + check + "\"}")).isZero();
      }
      client.call("SET", "k", "v");
      assertThat(client.call("GET", "k")).isEqualTo(bulk("v"));
      direct.call("REPLICAOF", "127.0.0.1", String.valueOf(next.port()));
      Waiting.until(
          "the generation ends",
          () -> sidecar.metric("nearside_generations_ended_total{reason=\"role\"}") == 1);
      sidecar.awaitReady();
    }
  }

  @Test
  void maxTrackedKeys_reached_furtherKeysAreRelayedUntilOneChanges() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("coherence.max-tracked-keys=1");
        RespClient client = scene.client()) {
      scene.hold(client, "first", "v");
      assertThat(scene.sidecar.metric("nearside_tracked_keys")).isEqualTo(1);
      String other = otherBit(scene, client);
      double served = scene.localGets();
      assertThat(client.call("GET", other)).isEqualTo("$-1\r\n");
      assertThat(client.call("GET", other)).isEqualTo("$-1\r\n");
      assertThat(scene.localGets()).isEqualTo(served);
      assertThat(scene.sidecar.metric("nearside_tracked_keys_refused_total")).isPositive();
      scene.direct.call("DEL", "first");
      scene.holdAsIs(client, other);
    }
  }

  /** Finds a key that does not share the first one's bit. */
  private static String otherBit(CoherenceScene scene, RespClient client) throws IOException {
    for (int i = 0; ; i++) {
      double refused = scene.sidecar.metric("nearside_tracked_keys_refused_total");
      client.call("GET", "other" + i);
      if (scene.sidecar.metric("nearside_tracked_keys_refused_total") > refused) {
        return "other" + i;
      }
    }
  }
}
