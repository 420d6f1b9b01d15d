package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Identical reads at the same time go upstream once, whether or not L1 may hold what they bring.
 */
@Timeout(60)
class SharedReadIT {
  private static final int STAMPEDE = 200;
  private static final String SHARED = "nearside_reads_shared_total";

  private final List<RespClient> clients = new ArrayList<>();

  @AfterEach
  void disconnect() throws IOException {
    for (RespClient client : clients) {
      client.close();
    }
  }

  @Test
  void stampede_onAKeyNobodyHasAskedFor_isARelayAndAFlight() throws IOException {
    try (CoherenceScene scene =
        CoherenceScene.start("l1.admission-window=60s", "coherence.max-staleness=10s")) {
      scene.direct.call("SET", "cold", "value");
      assertThat(readsOfAStampede(scene, "cold", bulk("value"), 2)).isEqualTo(2);
    }
  }

  @Test
  void stampede_onAHeldKeyThatWasInvalidated_isOneReadUpstream() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("coherence.max-staleness=10s");
        RespClient client = scene.client()) {
      scene.hold(client, "hot", "old");
      scene.direct.call("SET", "hot", "new");
      Waiting.until("the push is here", () -> client.call("GET", "hot").equals(bulk("new")));
      scene.holdAsIs(client, "hot"); // that read may have met the push
      scene.direct.call("SET", "hot", "newer");
      Waiting.until("L1 has let go of it", () -> scene.sidecar.metric("nearside_l1_entries") == 0);
      assertThat(readsOfAStampede(scene, "hot", bulk("newer"))).isEqualTo(1);
    }
  }

  @Test
  void stampede_whileTrackingIsRefused_isTwoReadsUpstream() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("coherence.max-staleness=10s")) {
      closeL1(scene);
      scene.direct.call("SET", "k", "value");
      assertThat(readsOfAStampede(scene, "k", bulk("value"))).isEqualTo(2);
    }
  }

  @Test
  void stampede_onAMissingKey_onAKeyOfAnotherType_isAnsweredAlike() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("coherence.max-staleness=10s")) {
      closeL1(scene);
      scene.direct.call("LPUSH", "list", "x");
      assertThat(readsOfAStampede(scene, "missing", "$-1\r\n")).isEqualTo(2);
      assertThat(
              readsOfAStampede(
                  scene,
                  "list",
                  "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"))
          .isEqualTo(2);
    }
  }

  @Test
  void keyExpiresWhileItIsRead_whoJoinedAfterThat_isNotShownIt() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("coherence.max-staleness=10s")) {
      closeL1(scene);
      RespClient leader = client(scene);
      RespClient late = client(scene);
      scene.direct.call("SET", "k", "short", "PX", "400");
      scene.hop.delay(dev.nearside.proxy.scene.DelayingHop.Side.OTHERS, 350);
      leader.send("GET", "k");
      Waiting.until("it has expired", () -> scene.direct.call("EXISTS", "k").equals(":0\r\n"));
      late.send("GET", "k");
      leader.reply(); // the value if it was read in time, which the machine decides
      assertThat(late.reply()).isEqualTo("$-1\r\n");
    }
  }

  @Test
  void leader_gone_othersAreAnswered() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("coherence.max-staleness=10s")) {
      closeL1(scene);
      String value = "v".repeat(300_000); // comes in several pieces
      scene.direct.call("SET", "k", value);
      RespClient leader = client(scene);
      List<RespClient> others = List.of(client(scene), client(scene));
      scene.redis.pause();
      leader.send("GET", "k");
      Waiting.until("it is asked", () -> relayedGets(scene) > 0);
      double before = scene.sidecar.metric(SHARED);
      for (RespClient other : others) {
        other.send("GET", "k");
      }
      Waiting.until("they wait with it", () -> scene.sidecar.metric(SHARED) == before + 2);
      leader.close();
      scene.redis.resume();
      for (RespClient other : others) {
        assertThat(other.reply()).isEqualTo(bulk(value));
      }
    }
  }

  @Test
  void moreClientsThanMayAsk_whileL1IsClosed_areAnsweredButNotAskedForAtOnce() throws IOException {
    try (CoherenceScene scene =
            CoherenceScene.start("coherence.max-staleness=10s", "event-loops=1");
        RespClient witness = scene.client()) {
      closeL1(scene);
      for (int i = 0; i < 700; i++) {
        scene.direct.call("SET", "k" + i, "v" + i);
        client(scene);
      }
      scene.redis.pause();
      for (int i = 0; i < 700; i++) {
        clients.get(i).send("GET", "k" + i);
      }
      for (int i = 0; i < 2; i++) { // behind all of them on the one event loop
        assertThat(witness.call("NEARSIDE.L1")).isEqualTo(bulk("on"));
      }
      assertThat(relayedGets(scene)).isEqualTo(512);
      scene.redis.resume();
      for (int i = 0; i < 700; i++) {
        assertThat(clients.get(i).reply()).isEqualTo(bulk("v" + i));
      }
      assertThat(relayedGets(scene)).isEqualTo(700);
    }
  }

  private static double relayedGets(CoherenceScene scene) throws IOException {
    return scene.sidecar.metric("nearside_requests_total{way=\"relay\",command=\"get\"}");
  }

  private static void closeL1(CoherenceScene scene) throws IOException {
    scene.direct.call("ACL", "SETUSER", "default", "-client|tracking");
    scene.hop.cut(dev.nearside.proxy.scene.DelayingHop.Side.TRACKED);
    Waiting.until("L1 is closed", () -> !scene.shard().isOpen());
  }

  private RespClient client(CoherenceScene scene) throws IOException {
    RespClient client = scene.client();
    client.call("ECHO", "here");
    clients.add(client);
    return client;
  }

  private int readsOfAStampede(CoherenceScene scene, String key, String reply) throws IOException {
    return readsOfAStampede(scene, key, reply, 1);
  }

  /** Returns how often Redis was asked for {@code key} by many clients at once. */
  private int readsOfAStampede(CoherenceScene scene, String key, String reply, int first)
      throws IOException {
    List<RespClient> crowd = new ArrayList<>();
    for (int i = 0; i < STAMPEDE; i++) {
      crowd.add(client(scene));
    }
    scene.direct.call("CONFIG", "RESETSTAT");
    double sharedBefore = joined(scene);
    scene.redis.pause();
    for (RespClient client : crowd) {
      client.send("GET", key);
    }
    Waiting.until(
        "all but the first have joined", () -> joined(scene) == sharedBefore + STAMPEDE - first);
    scene.redis.resume();
    for (RespClient client : crowd) {
      assertThat(client.reply()).isEqualTo(reply);
    }
    String stats = scene.direct.call("INFO", "commandstats");
    int at = stats.indexOf("cmdstat_get:calls=");
    return Integer.parseInt(stats.substring(at + 18, stats.indexOf(',', at)));
  }

  private static double joined(CoherenceScene scene) throws IOException {
    return scene.sidecar.metric(SHARED) + scene.sidecar.metric("nearside_fills_joined_total");
  }
}
