package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases are swapped behind the sidecar's back: nothing but the server's statistics tells. */
@Timeout(60)
class SwapIT {
  private static final String NIL = "$-1\r\n";
  private static final String NO_AUDIT = "coherence.audit-interval=0s";

  private static double counted(CoherenceScene scene) throws IOException {
    return scene.sidecar.metric("nearside_contract_exceptions_total{kind=\"swapdb\"}");
  }

  private static double emptied(CoherenceScene scene) throws IOException {
    return scene.sidecar.metric("nearside_invalidations_total{cause=\"unpushed\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SWAPDB 0 1", "EVAL redis.call('swapdb',0,1) 0"})
  void swapAtRedis_isSeenSoon(String command) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(NO_AUDIT);
        RespClient client = scene.client()) {
      scene.hold(client, "k", "swapped away");
      int generation = scene.shard().generation();
      scene.direct.call(words(command));
      Waiting.until("it is seen", () -> client.call("GET", "k").equals(NIL));
      assertThat(counted(scene)).isEqualTo(1);
      assertThat(scene.shard().generation()).isEqualTo(generation);
    }
  }

  private static String[] words(String command) {
    return List.of(command.split(" ", -1)).toArray(new String[0]);
  }

  @Test
  void swapThroughTheSidecar_isNoException() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(NO_AUDIT);
        RespClient client = scene.client()) {
      scene.hold(client, "k", "swapped away");
      client.call("SWAPDB", "0", "1");
      assertThat(client.call("GET", "k")).isEqualTo(NIL);
      Waiting.until("the statistics were asked", () -> emptied(scene) > 0);
      assertThat(counted(scene)).isZero();
    }
  }

  @Test
  void statisticsAreReset_isNoException() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(NO_AUDIT)) {
      scene.direct.call("SWAPDB", "0", "1");
      Waiting.until("it is noticed", () -> counted(scene) == 1);
      scene.direct.call("CONFIG", "RESETSTAT");
      Waiting.until("that is noticed, too", () -> emptied(scene) == 2);
      assertThat(counted(scene)).isEqualTo(1);
    }
  }
}
