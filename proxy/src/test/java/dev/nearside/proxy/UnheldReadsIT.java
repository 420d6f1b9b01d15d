package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads of keys that are not to be held, and by which way they go. */
@Timeout(60)
class UnheldReadsIT {
  private static final String SECOND_REQUEST = "l1.admission-window=60s";
  private static final String ORDERED = "coherence.unheld-reads=ordered";
  private static final String AUTO = "coherence.unheld-reads=auto";
  private static final String PASSED = "nearside_fills_total{result=\"passed\"}";

  @Test
  void ordered_redisRemembersNothing_andChangesNothing() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(SECOND_REQUEST, ORDERED);
        RespClient client = scene.client()) {
      scene.direct.call("SET", "k", "value", "PX", "100000");
      assertThat(client.call("GET", "k")).isEqualTo(bulk("value"));
      assertThat(scene.sidecar.metric(PASSED)).isEqualTo(1);
      assertThat(info(scene, "tracking_total_keys")).isZero();
      assertThat(scene.direct.call("PTTL", "k")).isNotEqualTo(":-1\r\n");
      assertThat(client.call("GET", "k")).isEqualTo(bulk("value"));
      assertThat(info(scene, "tracking_total_keys")).isEqualTo(1);
      assertThat(client.call("GET", "k")).isEqualTo(bulk("value"));
      assertThat(scene.localGets()).isEqualTo(1);
      assertThat(client.call("GET", "missing")).isEqualTo("$-1\r\n");
      assertThat(scene.sidecar.metric(PASSED)).isEqualTo(2);
    }
  }

  @Test
  void ordered_keyOfAnotherType_isTheUpstreamsError() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(SECOND_REQUEST, ORDERED);
        RespClient client = scene.client()) {
      scene.direct.call("LPUSH", "list", "element");
      assertThat(client.call("GET", "list")).startsWith("-WRONGTYPE");
      assertThat(client.call("GET", "k")).isEqualTo("$-1\r\n");
      assertThat(scene.sidecar.metric(PASSED)).isEqualTo(1);
    }
  }

  /** GETEX is a write to Redis: its reads go on all the same where it takes none. */
  @Test
  void ordered_redisTakesNoWrites_readsAreRelayed() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(SECOND_REQUEST, ORDERED);
        RespClient client = scene.client()) {
      scene.direct.call("SET", "a", "1");
      scene.direct.call("SET", "b", "2");
      scene.direct.call("CONFIG", "SET", "min-replicas-to-write", "1");
      assertThat(client.call("GET", "a")).isEqualTo(bulk("1"));
      assertThat(client.call("GET", "b")).isEqualTo(bulk("2"));
      assertThat(scene.sidecar.metric(PASSED)).isZero();
    }
  }

  /** Who may not GET is not told by GETEX what he may not see: only who may do all, is. */
  @Test
  void ordered_userWhoMayNotDoAll_isRelayed() throws IOException {
    try (CoherenceScene scene =
            CoherenceScene.start(SECOND_REQUEST, ORDERED, "coherence.permission-ttl=1s");
        RespClient client = scene.client()) {
      scene.direct.call("SET", "k", "value");
      int before = scene.shard().generation();
      scene.direct.call("ACL", "SETUSER", "default", "-debug");
      awaitGenerationAfter(before, scene);
      assertThat(client.call("GET", "k")).isEqualTo(bulk("value"));
      assertThat(scene.sidecar.metric(PASSED)).isZero();
    }
  }

  /** Redis holds a GETEX back as a write then, and with it all behind it on its connection. */
  @Test
  void ordered_writesArePaused_costsOneGeneration() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(SECOND_REQUEST, ORDERED);
        RespClient client = scene.client()) {
      scene.direct.call("SET", "k", "value");
      scene.direct.call("CLIENT", "PAUSE", "60000", "WRITE");
      assertThat(client.call("GET", "k")).isEqualTo(bulk("value"));
      Waiting.until("L1 is open again", () -> scene.shard().isOpen());
      for (int i = 0; i < 10; i++) {
        assertThat(client.call("GET", "other" + i)).isEqualTo("$-1\r\n");
      }
      assertThat(scene.shard().generation()).isEqualTo(2);
      scene.direct.call("CLIENT", "UNPAUSE");
    }
  }

  @Test
  void ordered_largeValue_holdsUpPushesOnceAMinute() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(SECOND_REQUEST, ORDERED, "l1.max-entry=1KiB");
        RespClient client = scene.client()) {
      scene.direct.call("SET", "large", "x".repeat(5000));
      scene.direct.call("SET", "larger", "x".repeat(6000));
      assertThat(client.call("GET", "large")).isEqualTo(bulk("x".repeat(5000)));
      assertThat(client.call("GET", "larger")).isEqualTo(bulk("x".repeat(6000)));
      assertThat(scene.sidecar.metric(PASSED)).isEqualTo(1);
    }
  }

  @Test
  void auto_redisFarAway_isOrdered() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(SECOND_REQUEST, AUTO);
        RespClient client = scene.client()) {
      scene.direct.call("SET", "k", "value");
      int before = scene.shard().generation();
      scene.hop.delay(Side.TRACKED, 2);
      scene.hop.cut(Side.TRACKED);
      awaitGenerationAfter(before, scene);
      assertThat(client.call("GET", "k")).isEqualTo(bulk("value"));
      assertThat(scene.sidecar.metric(PASSED)).isEqualTo(1);
    }
  }

  private static void awaitGenerationAfter(int before, CoherenceScene scene) {
    Waiting.until(
        "a generation opens", () -> scene.shard().generation() > before && scene.shard().isOpen());
  }

  private static long info(CoherenceScene scene, String field) throws IOException {
    return scene
        .direct
        .call("INFO")
        .lines()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> line.substring(field.length() + 1))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElseThrow();
  }
}
