package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** L1 is compared with Redis: what is read from it, and in shadow mode what could have been. */
@Timeout(60)
class AuditIT {
  private static final String NIL = "$-1\r\n";
  private static final String UNPUSHED = "nearside_invalidations_total{cause=\"unpushed\"}";
  private static final String OFTEN = "coherence.audit-interval=20ms";

  @Test
  void entryChangedWithoutAPush_isFound_andL1IsEmptied() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(OFTEN);
        RespClient client = scene.client()) {
      int[] other = new int[1];
      Waiting.until(
          "the audit finds a swap before the watch on SWAPDB does",
          () -> {
            scene.hold(client, "k", "swapped away");
            scene.direct.call("SWAPDB", "0", String.valueOf(++other[0]));
            Waiting.until("it is found", () -> client.call("GET", "k").equals(NIL));
            return audits(scene, "inconsistent") == 1;
          });
    }
  }

  @Test
  void writesFromElsewhere_areNeverTakenForInconsistencies() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("coherence.audit-interval=1ms");
        RespClient client = scene.client()) {
      scene.hop.delay(dev.nearside.proxy.scene.DelayingHop.Side.TRACKED, 5);
      int[] value = new int[1];
      Waiting.until(
          "some were overtaken",
          () -> {
            scene.hold(client, "k", "v" + value[0]++);
            scene.direct.call("SET", "k", "overtaking");
            client.call("GET", "k");
            return audits(scene, "overtaken") >= 5 && audits(scene, "consistent") >= 5;
          });
      assertThat(audits(scene, "inconsistent")).isZero();
      assertThat(audits(scene, "failed")).isZero();
    }
  }

  @Test
  void shadow_fillsAndCompares_andServesNothing() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(OFTEN, "l1.mode=shadow");
        RespClient client = scene.client()) {
      scene.direct.call("SET", "k", "value");
      Waiting.until(
          "it was compared",
          () -> {
            assertThat(client.call("GET", "k")).isEqualTo(bulk("value"));
            return audits(scene, "consistent") > 10;
          });
      scene.direct.call("SET", "k", "changed");
      assertThat(client.call("GET", "k")).isEqualTo(bulk("changed"));
      assertThat(scene.localGets()).isZero();
      Waiting.until(
          "it is held",
          () -> {
            assertThat(client.call("GET", "k")).isEqualTo(bulk("changed"));
            return scene.sidecar.metric("nearside_l1_entries") == 1;
          });
      assertThat(audits(scene, "inconsistent")).isZero();
    }
  }

  @Test
  void shadow_findsWhatServingWouldHaveServedWrongly() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(OFTEN, "l1.mode=shadow");
        RespClient client = scene.client()) {
      Waiting.until(
          "it is found", // before the count of SWAPDBs is looked at, most times
          () -> {
            scene.direct.call("SET", "k", "swapped away");
            scene.direct.call("SELECT", "1");
            scene.direct.call("DEL", "k");
            scene.direct.call("SELECT", "0");
            double before = audits(scene, "consistent");
            Waiting.until(
                "it would be served",
                () -> {
                  client.call("GET", "k");
                  return audits(scene, "consistent") > before;
                });
            double emptied = scene.sidecar.metric(UNPUSHED);
            scene.direct.call("SWAPDB", "0", "1");
            Waiting.until(
                "it was compared, or L1 was emptied before",
                () -> {
                  assertThat(client.call("GET", "k")).isEqualTo(NIL);
                  return audits(scene, "inconsistent") > 0
                      || scene.sidecar.metric(UNPUSHED) > emptied;
                });
            return audits(scene, "inconsistent") > 0;
          });
    }
  }

  private static double audits(CoherenceScene scene, String result) throws IOException {
    return scene.sidecar.metric("nearside_audits_total{result=\"" + result + "\"}");
  }
}
