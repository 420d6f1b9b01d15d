package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SlotMove;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** L1 in front of a cluster whose slots and primaries move. */
@Timeout(120)
class ClusterCoherenceIT {
  private static final String NIL = "$-1\r\n";
  private static final String LOCAL_GETS = "nearside_requests_total{way=\"local\",command=\"get\"}";
  private static final String LOCAL_MGETS =
      "nearside_requests_total{way=\"local\",command=\"mget\"}";
  private static final Duration MAX_STALENESS = Duration.ofSeconds(1);

  private static RedisCluster cluster;
  private static Sidecar sidecar;
  private RespClient client;

  @BeforeAll
  static void start() throws IOException {
    cluster = RedisCluster.plan(3, 1).nodeTimeoutMs(1_500).start();
    sidecar =
        Sidecar.inFrontOf(
                0,
                "upstream.uri=redis-cluster://" + String.join(",", cluster.addresses()),
                "l1.admission-window=0s",
                "l1.skip-churning=false")
            .awaitReady();
  }

  @AfterAll
  static void stop() {
    sidecar.close();
    cluster.close();
  }

  @BeforeEach
  void connect() throws IOException {
    sidecar.awaitReady();
    client = sidecar.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
  }

  /** Reads {@code key} until it is served from L1; returns what is said of it then. */
  private String held(String key) {
    String[] reply = new String[1];
    Waiting.until(
        key + " is served from L1",
        () -> {
          double before = sidecar.metric(LOCAL_GETS);
          reply[0] = client.call("GET", key);
          return sidecar.metric(LOCAL_GETS) > before;
        });
    return reply[0];
  }

  private void awaitValue(String key, String value) {
    Waiting.until(key + " is " + value, () -> client.call("GET", key).equals(bulk(value)));
  }

  private static RedisNode otherThan(RedisNode node) throws IOException {
    return cluster.primaries().stream().filter(each -> each != node).findFirst().orElseThrow();
  }

  @Test
  void keysOfEveryPrimary_areHeld_andForgottenWhenTheyChange() throws IOException {
    for (RedisNode node : cluster.primaries()) {
      String key = RedisCluster.keyOn(node, "held");
      node.call("SET", key, "1");
      assertThat(held(key)).isEqualTo(bulk("1"));
      node.call("SET", key, "2");
      awaitValue(key, "2");
      assertThat(held(key)).isEqualTo(bulk("2"));
      assertThat(client.call("SET", key, "3")).isEqualTo("+OK\r\n");
      assertThat(client.call("GET", key)).isEqualTo(bulk("3"));
    }
  }

  @Test
  void mgetOverAllPrimaries_isAnsweredFromMemory() throws IOException {
    List<String> request = new ArrayList<>(List.of("MGET"));
    StringBuilder expected = new StringBuilder("*3\r\n");
    for (RedisNode node : cluster.primaries()) {
      String key = RedisCluster.keyOn(node, "many");
      node.call("SET", key, key);
      held(key);
      request.add(key);
      expected.append(bulk(key));
    }
    double before = sidecar.metric(LOCAL_MGETS);
    Waiting.until(
        "MGET is local",
        () -> {
          assertThat(client.call(request.toArray(String[]::new))).isEqualTo(expected.toString());
          return sidecar.metric(LOCAL_MGETS) > before;
        });
  }

  @Test
  void keyInASlotThatMoves_isHeldFromItsNewNode() throws IOException {
    RedisNode from = cluster.primaries().getFirst();
    RedisNode to = otherThan(from);
    String key = RedisCluster.keyOn(from, "moving");
    from.call("SET", key, "before");
    held(key);
    cluster.moveSlot(RedisCluster.slotOf(key), to);
    to.call("SET", key, "after");
    awaitValue(key, "after");
    assertThat(held(key)).isEqualTo(bulk("after"));
    to.call("SET", key, "again");
    awaitValue(key, "again");
  }

  /** No push tells of it: the old node is asked, and it is created at the new one. */
  @Test
  void nilInASlotThatIsLeaving_isNoOlderThanWhatTheClientHasSeen_norThanTheBound()
      throws IOException {
    RedisNode from = cluster.primaries().getFirst();
    RedisNode to = otherThan(from);
    String key = RedisCluster.keyOn(from, "nil");
    assertThat(held(key)).isEqualTo(NIL);
    try (RespClient other = to.connect();
        RespClient idle = sidecar.connect()) {
      assertThat(idle.call("GET", key)).isEqualTo(NIL);
      SlotMove move = cluster.beginMove(RedisCluster.slotOf(key), to);
      other.call("ASKING");
      assertThat(other.call("SET", key, "created")).isEqualTo("+OK\r\n");
      long createdNs = System.nanoTime();
      client.call("EXISTS", "flag"); // an answer that was given after the key was there
      assertThat(client.call("GET", key)).isEqualTo(bulk("created"));
      Waiting.until(
          "the bound has passed", () -> System.nanoTime() - createdNs > MAX_STALENESS.toNanos());
      assertThat(idle.call("GET", key)).isEqualTo(bulk("created"));
      move.end();
      cluster.awaitSettled();
    }
    awaitValue(key, "created");
  }

  @Test
  void slotLeaves_isWrittenThere_andComesBack() throws IOException {
    RedisNode from = cluster.primaries().getFirst();
    RedisNode to = otherThan(from);
    String key = RedisCluster.keyOn(from, "back");
    from.call("SET", key, "before");
    String absent = RedisCluster.keyIn(RedisCluster.slotOf(key), "absent");
    held(key);
    held(absent);
    cluster.moveSlot(RedisCluster.slotOf(key), to);
    to.call("SET", key, "after");
    to.call("SET", absent, "there");
    cluster.moveSlot(RedisCluster.slotOf(key), from);
    client.call("EXISTS", "flag");
    assertThat(client.call("GET", key)).isEqualTo(bulk("after"));
    assertThat(client.call("GET", absent)).isEqualTo(bulk("there"));
    from.call("SET", key, "last");
    awaitValue(key, "last");
  }

  @Test
  void primaryIsKilled_whatItHeldIsForgotten_andHeldFromTheNext() throws IOException {
    RedisNode old = cluster.primaries().getFirst();
    String key = RedisCluster.keyOn(old, "killed");
    client.call("SET", key, "before");
    assertThat(client.call("WAIT", "1", "1000")).isNotNull();
    held(key);
    RedisNode next = cluster.failoverByKill(old);
    next.call("SET", key, "after");
    awaitValue(key, "after");
    assertThat(held(key)).isEqualTo(bulk("after"));
    next.call("SET", key, "again");
    awaitValue(key, "again");
    cluster.restart(old);
  }

  /**
   * It stands still, is replaced, and goes on, believing for a moment that nothing has happened.
   */
  @Test
  void primaryStandsStillAndIsReplaced_nothingOfItsOwnIsServedWhenItGoesOn() throws IOException {
    RedisNode old = cluster.primaries().getFirst();
    String key = RedisCluster.keyOn(old, "still");
    old.call("SET", key, "before");
    RedisNode next = cluster.replicasOf(old).getFirst();
    held(key);
    old.pause();
    try {
      Waiting.until("the replica took over", next::isPrimary);
      next.call("SET", key, "after");
    } finally {
      old.resume();
    }
    long resumedNs = System.nanoTime();
    awaitValue(key, "after");
    Waiting.until(
        "it is the same for a while",
        () -> {
          assertThat(client.call("GET", key)).isEqualTo(bulk("after"));
          return System.nanoTime() - resumedNs > 2 * MAX_STALENESS.toNanos();
        });
    cluster.awaitSettled();
  }

  @Test
  void primaryJoinsAndLeaves_itsKeysAreHeldMeanwhile() throws IOException {
    RedisNode from = cluster.primaries().getFirst();
    String key = RedisCluster.keyOn(from, "joins");
    int slot = RedisCluster.slotOf(key);
    from.call("SET", key, "there");
    RedisNode added = cluster.addPrimary();
    cluster.moveSlot(slot, added);
    assertThat(held(key)).isEqualTo(bulk("there"));
    added.call("SET", key, "changed");
    awaitValue(key, "changed");
    held(key);
    cluster.moveSlot(slot, from);
    cluster.remove(added);
    from.call("SET", key, "home");
    awaitValue(key, "home");
    assertThat(held(key)).isEqualTo(bulk("home"));
    Waiting.until(
        "only three are tracked",
        () -> sidecar.metric("nearside_upstream_connections{kind=\"tracked\"}") == 3);
  }
}
