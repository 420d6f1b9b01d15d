package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** L1 shows other users what the upstream has let them read lately, and nothing else. */
@Timeout(60)
class OtherUserIT {
  private static final String LOCAL = "nearside_requests_total{way=\"local\",command=\"get\"}";

  private RedisServer redis;
  private Sidecar sidecar;
  private RespClient direct;
  private RespClient bob;

  @BeforeEach
  void start() throws IOException {
    redis = RedisServer.start();
    sidecar =
        Sidecar.inFrontOf(
                redis.port(),
                "l1.admission-window=0s",
                "coherence.max-staleness=400ms",
                "coherence.permission-ttl=800ms",
                "coherence.heartbeat=100ms")
            .awaitReady();
    direct = RespClient.connect(redis.port());
    direct.call("ACL", "SETUSER", "bob", "on", ">secret", "~open:*", "+get", "+set", "+reset");
    direct.call("MSET", "open:1", "1", "closed:1", "2");
    bob = sidecar.connect();
    assertThat(bob.call("AUTH", "bob", "secret")).isEqualTo("+OK\r\n");
  }

  @AfterEach
  void stop() throws IOException {
    bob.close();
    direct.close();
    sidecar.close();
    redis.close();
  }

  @Test
  void keyHeMayRead_isServedLocally_andFresh() throws IOException {
    awaitLocal(bob, "open:1", "$1\r\n1\r\n");
    assertThat(bob.call("SET", "open:1", "9")).isEqualTo("+OK\r\n");
    assertThat(bob.call("GET", "open:1")).isEqualTo("$1\r\n9\r\n");
    awaitLocal(bob, "open:1", "$1\r\n9\r\n");
  }

  @Test
  void keyHeMayNotRead_isRefused_thoughL1HoldsIt() throws IOException {
    try (RespClient own = sidecar.connect()) {
      awaitLocal(own, "closed:1", "$1\r\n2\r\n");
      for (int i = 0; i < 20; i++) {
        assertThat(bob.call("GET", "closed:1")).startsWith("-NOPERM");
      }
    }
  }

  @Test
  void permissionTakenAway_endsLocalReadsInTime() throws IOException {
    awaitLocal(bob, "open:1", "$1\r\n1\r\n");
    direct.call("ACL", "SETUSER", "bob", "resetkeys");
    long takenNs = System.nanoTime();
    long askedNs = takenNs;
    while (!bob.call("GET", "open:1").startsWith("-NOPERM")) {
      assertThat(askedNs - takenNs).isLessThan(800_000_000L);
      askedNs = System.nanoTime();
    }
    assertThat(bob.call("GET", "open:1")).startsWith("-NOPERM");
  }

  @Test
  void somebodyElseOnTheSameConnection_hasToBeLetReadHimself() throws IOException {
    direct.call("ACL", "SETUSER", "eve", "on", ">secret", "~nothing", "+get");
    awaitLocal(bob, "open:1", "$1\r\n1\r\n");
    bob.send("AUTH", "eve", "secret").send("GET", "open:1");
    assertThat(bob.reply()).isEqualTo("+OK\r\n");
    assertThat(bob.reply()).startsWith("-NOPERM");
    assertThat(bob.call("GET", "open:1")).startsWith("-NOPERM");
  }

  private void awaitLocal(RespClient client, String key, String reply) {
    Waiting.until(
        key + " is served from L1",
        () -> {
          double before = sidecar.metric(LOCAL);
          assertThat(client.call("GET", key)).isEqualTo(reply);
          return sidecar.metric(LOCAL) > before;
        });
  }
}
