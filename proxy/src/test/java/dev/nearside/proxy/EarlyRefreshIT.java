package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hot entries are read again before they expire, so that nobody waits for a flight then. */
@Timeout(60)
class EarlyRefreshIT {
  private static final String RENEWED = "nearside_refreshes_total{result=\"renewed\"}";
  private static final String FLIGHTS = "nearside_fills_started_total";

  @Test
  void hotKey_atTheCapOfItsLife_isRenewedWithoutAFlight() throws IOException {
    try (CoherenceScene scene =
            CoherenceScene.start("l1.max-ttl=500ms", "coherence.max-staleness=5s");
        RespClient client = scene.client()) {
      scene.hop.delay(Side.TRACKED, 10);
      scene.hold(client, "hot", "value");
      double flights = scene.sidecar.metric(FLIGHTS);
      Waiting.until(
          "it was renewed several times",
          () -> {
            for (int i = 0; i < 500; i++) {
              assertThat(client.call("GET", "hot")).isEqualTo(bulk("value"));
            }
            return scene.sidecar.metric(RENEWED) >= 5;
          });
      // a machine that stands still for long lets it expire, rarely
      assertThat(scene.sidecar.metric(FLIGHTS) - flights).isLessThan(scene.sidecar.metric(RENEWED));
    }
  }

  @Test
  void refresh_underWayWhenTheKeyChanges_prolongsNothing() throws IOException {
    try (CoherenceScene scene =
            CoherenceScene.start("l1.max-ttl=500ms", "coherence.max-staleness=5s");
        RespClient client = scene.client()) {
      scene.hop.delay(Side.TRACKED, 20);
      for (int i = 0; i < 20; i++) {
        scene.hold(client, "hot", "value " + i);
        double before = refreshes(scene);
        Waiting.until(
            "a refresh has ended",
            () -> {
              client.call("GET", "hot");
              return refreshes(scene) > before;
            });
        scene.direct.call("SET", "hot", "changed " + i);
        String changed = bulk("changed " + i);
        Waiting.until("the change is seen", () -> client.call("GET", "hot").equals(changed));
        for (int j = 0; j < 100; j++) {
          assertThat(client.call("GET", "hot")).isEqualTo(changed);
        }
      }
      assertThat(scene.sidecar.metric("nearside_refreshes_total{result=\"differs\"}")).isZero();
    }
  }

  private static double refreshes(CoherenceScene scene) throws IOException {
    return scene.sidecar.metric(RENEWED)
        + scene.sidecar.metric("nearside_refreshes_total{result=\"gone\"}");
  }

  @Test
  void keyThatExpiresItself_isReadAgainOnceAtMost_andEndsInTime() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.hop.delay(Side.TRACKED, 10);
      scene.direct.call("SET", "short", "value", "PX", "1000");
      scene.holdAsIs(client, "short");
      Waiting.until("it has expired", () -> client.call("GET", "short").equals("$-1\r\n"));
      assertThat(scene.sidecar.metric(RENEWED)).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void hotRow_aboutToExpireInRedis_isReadFromTheDatabaseBeforeAnybodyWaits() throws Exception {
    try (ThreeTiers tiers = new ThreeTiers();
        Sidecar sidecar = tiers.sidecar("2s", "namespaces.session.l2-ttl=1s");
        RespClient client = sidecar.connect()) {
      String cart = bulk("cart");
      assertThat(client.call("GET", "session:t1")).isEqualTo(cart);
      Waiting.until(
          "its row was read again early, several times",
          () -> {
            for (int i = 0; i < 200; i++) {
              assertThat(client.call("GET", "session:t1")).isEqualTo(cart);
            }
            return sidecar.metric("nearside_refreshes_total{result=\"from-database\"}") >= 3;
          });
      tiers.database().execute("UPDATE session SET content = 'new cart' WHERE token = 't1'");
      Waiting.until(
          "the change arrives with a refresh",
          () -> client.call("GET", "session:t1").equals(bulk("new cart")));
    }
  }
}
