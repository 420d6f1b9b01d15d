package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Redis that evicts by use is told of the keys that memory answers. */
@Timeout(60)
class HotKeysIT {
  private static final String TOUCHED = "nearside_touched_keys_total";
  private static final String OFTEN = "l1.touch-interval=50ms";

  @ParameterizedTest
  @ValueSource(strings = {"allkeys-lru", "volatile-lfu"})
  void keysServedFromMemory_areTouched_othersAreNot(String policy) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(OFTEN, "coherence.audit-interval=0s");
        RespClient client = scene.client()) {
      scene.direct.call("CONFIG", "SET", "maxmemory", "100mb");
      scene.direct.call("CONFIG", "SET", "maxmemory-policy", policy);
      scene.hold(client, "hot", "1");
      scene.hold(client, "cold", "2");
      Waiting.until("both were told of", () -> scene.sidecar.metric(TOUCHED) >= 2);
      scene.direct.call("CONFIG", "RESETSTAT");
      double before = scene.sidecar.metric(TOUCHED);
      Waiting.until(
          "the hot one was told of again",
          () -> {
            client.call("GET", "hot");
            return scene.sidecar.metric(TOUCHED) >= before + 3;
          });
      assertThat(scene.direct.call("INFO", "commandstats")).contains("cmdstat_touch:");
      if (policy.endsWith("lru")) {
        Waiting.until(
            "only the cold one idles",
            () -> {
              client.call("GET", "hot");
              return scene.direct.call("OBJECT", "IDLETIME", "cold").compareTo(":2") >= 0
                  && scene.direct.call("OBJECT", "IDLETIME", "hot").equals(":0\r\n");
            });
      }
    }
  }

  @Test
  void manyKeys_areToldOfInBatches() throws IOException {
    int keys = 600; // more than two batches
    try (CoherenceScene scene =
            CoherenceScene.start("l1.touch-interval=1s", "coherence.audit-interval=0s");
        RespClient client = scene.client()) {
      scene.direct.call("CONFIG", "SET", "maxmemory", "100mb");
      scene.direct.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
      String[] mget = new String[keys + 1];
      mget[0] = "MGET";
      for (int i = 1; i <= keys; i++) {
        mget[i] = "hot" + i;
        scene.direct.call("SET", mget[i], "v");
        client.call("GET", mget[i]);
      }
      scene.direct.call("CONFIG", "RESETSTAT");
      double before = scene.sidecar.metric(TOUCHED);
      client.call(mget); // all of them served at the same moment
      Waiting.until("all were told of", () -> scene.sidecar.metric(TOUCHED) >= before + keys);
      Waiting.until("Redis has heard of three batches", () -> touches(scene) >= 3);
      assertThat(touches(scene)).isLessThan(12); // three at once, unless the moment was cut in two
    }
  }

  @Test
  void redisThatEvictsNothing_isToldNothing() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(OFTEN, "coherence.audit-interval=0s");
        RespClient client = scene.client()) {
      scene.hold(client, "hot", "1");
      scene.direct.call("CONFIG", "RESETSTAT");
      int[] own = new int[1];
      Waiting.until(
          "it was asked several times whether it does",
          () -> {
            client.call("GET", "hot");
            return calls(scene.direct.call("INFO", "commandstats"), "info") - own[0]++ >= 4;
          });
      assertThat(scene.sidecar.metric(TOUCHED)).isZero();
    }
  }

  private static int touches(CoherenceScene scene) throws IOException {
    return calls(scene.direct.call("INFO", "commandstats"), "touch");
  }

  private static int calls(String stats, String command) {
    String label = "cmdstat_" + command + ":calls=";
    int at = stats.indexOf(label) + label.length();
    return stats.contains(label)
        ? Integer.parseInt(stats.substring(at, stats.indexOf(',', at)))
        : 0;
  }
}
