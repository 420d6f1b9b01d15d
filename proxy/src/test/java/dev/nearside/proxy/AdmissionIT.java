package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that it would not pay to hold stay in Redis. */
@Timeout(60)
class AdmissionIT {
  @ParameterizedTest
  @ValueSource(strings = {"SET lock me NX PX 100000", "SET lock me PX 100000 NX", "SETNX lock me"})
  void lock_isNotHeld(String take) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      client.call(take.split(" "));
      for (int i = 0; i < 10; i++) {
        assertThat(client.call("GET", "lock")).isEqualTo(bulk("me"));
      }
      assertThat(scene.localGets()).isZero();
    }
  }

  @Test
  void keyInvalidatedThriceUnserved_isNotHeld_andOthersAre() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("l1.skip-churning=true");
        RespClient client = scene.client()) {
      for (int i = 0; i < 3; i++) {
        double before = pushes(scene);
        scene.direct.call("SET", "churning", "v" + i);
        assertThat(client.call("GET", "churning")).isEqualTo(bulk("v" + i));
        scene.direct.call("SET", "churning", "w" + i);
        Waiting.until("it was pushed out", () -> pushes(scene) > before);
      }
      for (int i = 0; i < 10; i++) {
        assertThat(client.call("GET", "churning")).isEqualTo(bulk("w2"));
      }
      assertThat(scene.localGets()).isZero();
      scene.hold(client, "steady", "value");
    }
  }

  private static double pushes(CoherenceScene scene) throws IOException {
    return scene.sidecar.metric("nearside_invalidations_total{cause=\"push\"}");
  }
}
