package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What L1 does when connections stall, end or lead elsewhere, and when clients do odd things. */
@Timeout(60)
class CoherenceFailureIT {
  private static final String STALENESS = "coherence.max-staleness=400ms";
  private static final String HEARTBEAT = "coherence.heartbeat=100ms";

  @Test
  void trackedConnectionStalled_localReadsEndWithinMaxStaleness() throws IOException {
    try (CoherenceScene scene =
            CoherenceScene.start(STALENESS, HEARTBEAT, "coherence.fill-timeout=20s");
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      scene.hop.stallTracked(true);
      scene.direct.call("SET", "k", "new");
      long changedNs = System.nanoTime();
      String seen = client.call("GET", "k");
      while (seen.equals(bulk("old"))) {
        assertThat(System.nanoTime() - changedNs).isLessThan(10_000_000_000L);
        seen = client.call("GET", "k");
      }
      assertThat(scene.shard().isOpen()).isTrue();
      assertThat(seen).isEqualTo(bulk("new"));
      scene.hop.stallTracked(false);
      scene.holdAsIs(client, "k");
      scene.awaitRest();
    }
  }

  @Test
  void trackedConnectionKilled_nextGenerationKnowsNothingOld() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      int before = scene.shard().generation();
      scene.hop.delay(Side.TRACKED, 50);
      scene.direct.call("SET", "k", "new");
      scene.hop.cut(Side.TRACKED);
      Waiting.until("a generation opens", () -> scene.shard().generation() > before);
      assertThat(client.call("GET", "k")).isEqualTo(bulk("new"));
      scene.awaitRest();
    }
  }

  /** Half of them end although nothing is wrong with their socket: the sidecar has to close it. */
  @Test
  void generationsEndedAgainAndAgain_oneConnectionTracksForEachDatabase() throws IOException {
    try (CoherenceScene scene =
        CoherenceScene.start("upstream.local-databases=0,1", "coherence.permission-ttl=1s")) {
      awaitTracking(scene, 2);
      for (int i = 0; i < 4; i++) {
        List<Integer> before = generations(scene);
        if (i % 2 == 0) {
          scene.hop.cut(Side.TRACKED);
        } else {
          scene.direct.call("ACL", "SETUSER", "default", i == 1 ? "-lolwut" : "+lolwut");
        }
        Waiting.until(
            "both databases have another generation",
            () -> isLaterThan(before, generations(scene)));
        awaitTracking(scene, 2);
      }
    }
  }

  private static List<Integer> generations(CoherenceScene scene) {
    return scene.coherence().shards().stream().map(Shard::generation).toList();
  }

  private static boolean isLaterThan(List<Integer> before, List<Integer> now) {
    return IntStream.range(0, now.size()).allMatch(i -> now.get(i) > before.get(i));
  }

  /** Waits until Redis knows of so many clients that track: the end of one takes it a moment. */
  private static void awaitTracking(CoherenceScene scene, int clients) {
    Waiting.until(
        clients + " clients track",
        () ->
            scene
                .direct
                .call("INFO", "clients")
                .contains("\r\ntracking_clients:" + clients + "\r\n"));
  }

  @Test
  void trackingRefusedAtReconnect_l1StaysClosedAndReadsAreRight() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      scene.direct.call("ACL", "SETUSER", "default", "-client|tracking");
      scene.hop.cut(Side.TRACKED);
      Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
      scene.direct.call("SET", "k", "new");
      assertThat(client.call("GET", "k")).isEqualTo(bulk("new"));
      Waiting.until(
          "readiness says why",
          () -> scene.sidecar.get("/readyz").body().contains("tracking refused"));
      assertThat(scene.shard().isOpen()).isFalse();
      scene.direct.call("ACL", "SETUSER", "default", "+client|tracking");
      scene.holdAsIs(client, "k");
    }
  }

  @Test
  void laneReachesAnotherNode_nothingOfTheFirstIsServed() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RedisServer other = RedisServer.start();
        RespClient client = scene.client();
        RespClient there = RespClient.connect(other.port())) {
      there.call("SET", "k", "there");
      scene.hold(client, "k", "here");
      int before = scene.shard().generation();
      scene.hop.redirect(other.port());
      try (RespClient pinned = scene.client()) {
        pinned.call("CLIENT", "ID");
        Waiting.until("L1 begins anew", () -> scene.shard().generation() > before);
        assertThat(pinned.call("GET", "k")).isEqualTo(bulk("there"));
      }
    }
  }

  @Test
  void ttl_neverServedAtOrAfterExpiry() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      double before = scene.localGets();
      for (int round = 0; round < 10; round++) {
        scene.direct.call("SET", "k", "v", "PX", "100");
        boolean there = true;
        while (there) {
          there = !scene.direct.call("PTTL", "k").equals(":-2\r\n");
          String seen = client.call("GET", "k");
          assertThat(there || seen.equals("$-1\r\n")).isTrue();
        }
      }
      assertThat(scene.localGets()).isGreaterThan(before);
    }
  }

  @Test
  void nilHeld_createdElsewhere_isSeen() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.holdAsIs(client, "none");
      scene.direct.call("SET", "none", "some");
      Waiting.until("it is there", () -> client.call("GET", "none").equals(bulk("some")));
    }
  }

  @Test
  void pipeline_otherReadOfTheSameKeyFirst_showsNoOlderStateAfterIt() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      scene.hop.delay(Side.TRACKED, 100);
      scene.direct.call("SET", "k", "newer");
      client.sendRaw("STRLEN k\r\nGET k\r\n");
      assertThat(client.reply()).isEqualTo(":5\r\n");
      assertThat(client.reply()).isEqualTo(bulk("newer"));
    }
  }

  @Test
  void pipeline_writeThenBulkRead_isExecutedInOrder() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      client.call("KEYS", "*");
      for (int i = 0; i < 300; i++) {
        client.sendRaw("SET key" + i + " v\r\nKEYS key" + i + "\r\nDEL key" + i + "\r\n");
        client.reply();
        assertThat(client.reply()).startsWith("*1");
        client.reply();
      }
    }
  }

  @Test
  void multiRefused_writesAfterItAreFencedAllTheSame() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      scene.direct.call("ACL", "SETUSER", "default", "-multi");
      scene.hold(reader, "k", "old");
      assertThat(writer.call("MULTI")).startsWith("-NOPERM");
      scene.hop.delay(Side.TRACKED, 100);
      assertThat(writer.call("SET", "k", "new")).isEqualTo("+OK\r\n");
      assertThat(reader.call("GET", "k")).isEqualTo(bulk("new"));
      scene.awaitRest();
    }
  }

  @Test
  void selectQueuedAndDiscarded_readsStayInTheDatabase() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("upstream.local-databases=0,1");
        RespClient client = scene.client()) {
      scene.direct.call("SET", "k", "zero");
      client.call("MULTI");
      client.call("SELECT", "1");
      client.call("DISCARD");
      assertThat(client.call("GET", "k")).isEqualTo(bulk("zero"));
      assertThat(client.call("GET", "k")).isEqualTo(bulk("zero"));
    }
  }
}
