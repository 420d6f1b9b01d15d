package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What L1 promises where Redis does not tell of changes, and where nothing is to be held. */
@Timeout(60)
class CoherenceModeIT {
  private static final String TTL = "coherence.mode=ttl";

  @Test
  void ttl_asksForNoTracking_andServes() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(TTL);
        RespClient client = scene.client()) {
      scene.direct.call("ACL", "SETUSER", "default", "-client|tracking");
      scene.hold(client, "k", "v");
      assertThat(scene.direct.call("INFO", "clients")).contains("tracking_clients:0");
    }
  }

  @Test
  void ttl_outsideWrite_isSeenWithinMaxStaleness() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(TTL, "coherence.max-staleness=700ms");
        RespClient client = scene.client()) {
      for (int i = 0; i < 3; i++) {
        scene.hold(client, "k", "old " + i);
        scene.direct.call("SET", "k", "new");
        long changedNs = System.nanoTime();
        long askedNs = changedNs;
        while (client.call("GET", "k").equals(bulk("old " + i))) {
          assertThat(askedNs - changedNs).isLessThan(700_000_000L);
          askedNs = System.nanoTime();
        }
      }
    }
  }

  @Test
  void ttl_ownWrite_isSeenAtOnce_ofScriptsToo() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(TTL);
        RespClient reader = scene.client();
        RespClient writer = scene.client()) {
      for (int i = 0; i < 20; i++) {
        scene.hold(reader, "k", "old");
        writer.call("SET", "k", "v" + i);
        assertThat(reader.call("GET", "k")).isEqualTo(bulk("v" + i));
        scene.hold(reader, "k", "old");
        writer.call("EVAL", "return redis.call('SET', 'k', 's" + i + "')", "0");
        assertThat(reader.call("GET", "k")).isEqualTo(bulk("s" + i));
      }
    }
  }

  @Test
  void ttl_whatAConnectionHasSeen_bindsItsReads() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start(TTL, "coherence.max-staleness=20s");
        RespClient client = scene.client()) {
      for (int i = 0; i < 20; i++) {
        scene.hold(client, "data", "old");
        scene.direct.call("SET", "data", "new");
        scene.direct.call("SET", "flag", "up");
        scene.direct.call("LPUSH", "queue", "job");
        assertThat(client.call("BLPOP", "queue", "5")).contains("job");
        assertThat(client.call("GET", "data")).isEqualTo(bulk("new"));
      }
    }
  }

  @Test
  void ttl_strictNamespace_isNeverBehind() throws IOException {
    String yaml = "namespaces: {strict: {keys: 's:*', strict: true}}\n";
    try (CoherenceScene scene = new CoherenceScene(yaml, TTL);
        RespClient client = scene.client()) {
      for (int i = 0; i < 50; i++) {
        scene.direct.call("SET", "s:1", "v" + i);
        assertThat(client.call("GET", "s:1")).isEqualTo(bulk("v" + i));
      }
    }
  }

  @Test
  void off_holdsNothing_andSaysWhyItCannotBeSwitchedOn() throws IOException {
    try (RedisServer redis = RedisServer.start();
        Sidecar sidecar =
            Sidecar.inFrontOf(redis.port(), "coherence.mode=off", "l1.admission-window=0s")
                .awaitReady();
        RespClient client = sidecar.connect()) {
      client.call("SET", "k", "v");
      for (int i = 0; i < 5; i++) {
        assertThat(client.call("GET", "k")).isEqualTo(bulk("v"));
      }
      assertThat(sidecar.metric("nearside_l1_entries")).isZero();
      assertThat(client.call("NEARSIDE.L1", "ON"))
          .isEqualTo("-ERR L1 stays off, because coherence.mode is off\r\n");
      assertThat(client.call("NEARSIDE.L1")).isEqualTo(bulk("off"));
      try (RespClient direct = RespClient.connect(redis.port())) {
        assertThat(direct.call("INFO", "clients")).contains("tracking_clients:0");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tracking", "ttl"})
  void mgetMerged_takesEachKeyFromWhereItIs(String mode) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("coherence.mode=" + mode, "l1.mget=merge");
        RespClient client = scene.client()) {
      scene.direct.call("LPUSH", "list", "x");
      scene.direct.call("SET", "cold", "2");
      scene.hold(client, "held", "1");
      String expected = bulk("1") + bulk("2") + "$-1\r\n";
      assertThat(client.call("MGET", "held", "cold", "missing", "list"))
          .isEqualTo("*4\r\n" + expected + "$-1\r\n");
      Waiting.until(
          "its keys are held",
          () -> {
            assertThat(client.call("MGET", "held", "cold", "missing"))
                .isEqualTo("*3\r\n" + expected);
            return scene.sidecar.metric("nearside_hits_total{tier=\"l1\",namespace=\"none\"}") > 6;
          });
    }
  }
}
