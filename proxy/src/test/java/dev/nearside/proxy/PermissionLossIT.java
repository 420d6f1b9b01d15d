package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A permission of the sidecar's own user is taken away while values are held: no push says so. */
@Timeout(60)
class PermissionLossIT {
  private static final String TTL = "coherence.permission-ttl=1500ms";
  private static final String[] RESTRICTED = {"-acl", "-role", "-config"};

  private static void awaitNoPermission(RespClient client, String key) {
    Waiting.until("it is not shown", () -> client.call("GET", key).startsWith("-NOPERM"));
  }

  private static double changes(CoherenceScene scene) throws IOException {
    return scene.sidecar.metric("nearside_invalidations_total{cause=\"permission\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-get", "-@read", "resetkeys"})
  void permissionTakenAway_userMayAsk_everythingIsDropped(String rule) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(TTL);
        RespClient client = scene.client()) {
      scene.hold(client, "k", "secret");
      int before = scene.shard().generation();
      scene.direct.call("ACL", "SETUSER", "default", rule);
      awaitNoPermission(client, "k");
      Waiting.until("a generation opens", () -> scene.shard().generation() > before);
      double served = scene.localGets();
      assertThat(client.call("GET", "k")).startsWith("-NOPERM");
      assertThat(scene.localGets()).isEqualTo(served);
      assertThat(changes(scene)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-get", "resetkeys"})
  void permissionTakenAway_userMayNotAsk_nothingOutlivesTheTtl(String rule) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(TTL);
        RespClient client = scene.client()) {
      forbidToAsk(scene);
      scene.hold(client, "k", "secret");
      int before = scene.shard().generation();
      scene.direct.call("ACL", "SETUSER", "default", rule);
      awaitNoPermission(client, "k");
      double served = scene.localGets();
      assertThat(client.call("GET", "k")).startsWith("-NOPERM");
      assertThat(scene.localGets()).isEqualTo(served);
      assertThat(scene.shard().generation()).isEqualTo(before);
    }
  }

  /** Takes away what the checks need, and waits for a connection that knows of it. */
  private static void forbidToAsk(CoherenceScene scene) throws IOException {
    for (String each : RESTRICTED) {
      scene.direct.call("ACL", "SETUSER", "default", "+acl|setuser", each, "+acl|setuser");
    }
    scene.hop.cut(DelayingHop.Side.TRACKED);
    Waiting.until(
        "permissions are not watched",
        () ->
            scene.sidecar.metric("nearside_tracked_checks_off{check=\"permission\"}") == 1
                && scene.sidecar.metric("nearside_tracked_checks_off{check=\"role\"}") == 1);
  }

  @Test
  void permissionTakenAway_userMayNotAsk_whatWasReadEarlyAgainEndsInTime() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(TTL);
        RespClient client = scene.client()) {
      forbidToAsk(scene);
      scene.hop.delay(DelayingHop.Side.TRACKED, 10);
      scene.hold(client, "hot", "secret");
      Waiting.until(
          "it was read again before its time was over",
          () -> {
            for (int i = 0; i < 500; i++) {
              client.call("GET", "hot");
            }
            return scene.sidecar.metric("nearside_refreshes_total{result=\"renewed\"}") > 0;
          });
      scene.direct.call("ACL", "SETUSER", "default", "-get");
      awaitNoPermission(client, "hot");
    }
  }

  @Test
  void permissionTakenAway_whileHeldForLong_readsGoOnAsBefore() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(TTL);
        RespClient client = scene.client()) {
      scene.hold(client, "k", "v");
      int before = scene.shard().generation();
      scene.direct.call("ACL", "SETUSER", "somebody", "on", "nopass", "~*", "-@all");
      scene.hold(client, "l", "v");
      assertThat(client.call("GET", "k")).isEqualTo(bulk("v"));
      assertThat(scene.shard().generation()).isEqualTo(before);
      assertThat(changes(scene)).isZero();
    }
  }
}
