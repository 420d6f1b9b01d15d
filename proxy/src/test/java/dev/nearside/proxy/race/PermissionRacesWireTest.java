package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A value is in L1, and who asks may not read it, or no more. */
@Timeout(60)
class PermissionRacesWireTest {
  private static final String REFUSED = "-NOPERM No permissions to access a key\r\n";

  @Test
  void permissionLostWhileCached_ofAnotherUser_isRefusedInTime() throws IOException {
    try (RaceScene scene =
            RaceScene.start(
                "coherence.heartbeat=100ms",
                "coherence.max-staleness=500ms",
                "coherence.permission-ttl=1s");
        RespClient own = scene.client();
        RespClient other = scene.client()) {
      scene.hold(own, "k", "secret");
      other.send("AUTH", "bob", "password");
      scene.upstream.await(Role.RELAY, "AUTH", "bob", "password").reply("+OK\r\n");
      assertThat(other.reply()).isEqualTo("+OK\r\n");
      other.send("GET", "k");
      scene.upstream.await(Role.RELAY, "GET", "k").reply(bulk("secret"));
      assertThat(other.reply()).isEqualTo(bulk("secret"));
      assertThat(other.call("GET", "k")).isEqualTo(bulk("secret")); // from L1: it may, as was seen
      Waiting.until("that is too long ago", () -> !scene.isLocal(other, "k"));
      scene.upstream.await(Role.RELAY, "GET", "k").reply(REFUSED);
      assertThat(other.reply()).isEqualTo(REFUSED);
      other.send("GET", "k"); // it was refused, whatever was seen before
      scene.upstream.await(Role.RELAY, "GET", "k").reply(REFUSED);
      assertThat(other.reply()).isEqualTo(REFUSED);
    }
  }

  @Test
  void permissionLostWhileCached_ofTheSidecarsOwnUser_isNoticed() throws IOException {
    try (RaceScene scene =
            RaceScene.start(
                "coherence.heartbeat=100ms",
                "coherence.max-staleness=2s",
                "coherence.permission-ttl=4s");
        RespClient client = scene.client()) {
      scene.hold(client, "k", "secret");
      scene.upstream.permit("~other");
      Waiting.until("L1 is closed to the key", () -> !scene.isLocal(client, "k"));
      scene.refuseRead("k", REFUSED);
      assertThat(client.reply()).isEqualTo(REFUSED);
    }
  }
}
