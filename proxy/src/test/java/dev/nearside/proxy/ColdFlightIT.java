package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys of a namespace of which Redis has had nothing lately: the lease is taken first. */
@Timeout(60)
class ColdFlightIT {
  private static final String NIL = "$-1\r\n";
  private static final String PUSHES = "nearside_invalidations_total{cause=\"push\"}";
  private static final String TAKEN = "nearside_leases_total{result=\"taken\"}";

  /** More misses in a row than make a namespace cold. */
  private static final int MISSES = 40;

  private static ThreeTiers tiers;

  private Sidecar sidecar;
  private RespClient client;
  private RespClient direct;

  @BeforeAll
  static void startServers() {
    tiers = new ThreeTiers();
  }

  @AfterAll
  static void stopServers() {
    tiers.close();
  }

  @BeforeEach
  void connect() throws IOException {
    direct = tiers.direct();
    direct.call("FLUSHALL");
    tiers.database().execute("UPDATE prompt SET body = 'old' WHERE id = 7");
    sidecar = tiers.sidecar("10s", "l1.admission-window=60s", "namespaces.prompt.negative-ttl=1h");
    client = sidecar.connect();
    for (int i = 1; i <= MISSES; i++) {
      assertThat(client.call("GET", "prompt:" + (500 + i))).isEqualTo(bulk("body " + (500 + i)));
    }
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    direct.close();
    sidecar.close();
  }

  @Test
  void rowThatNobodyHasAskedFor_isNotLookedForInRedisFirst() throws IOException {
    try (RespClient monitor = tiers.direct()) {
      monitor.call("MONITOR");
      for (int i = 1; i <= 9; i++) {
        assertThat(client.call("GET", "prompt:60" + i)).isEqualTo(bulk("body 60" + i));
      }
      direct.call("ECHO", "end");
      String line = monitor.reply();
      while (!line.contains("\"ECHO\"")) {
        assertThat(line).doesNotContain("\"GET\" \"prompt:60");
        line = monitor.reply();
      }
    }
    assertThat(direct.call("GET", "prompt:601")).isEqualTo(bulk("body 601"));
    assertThat(client.call("GET", "prompt:601")).isEqualTo(bulk("body 601"));
    assertThat(sidecar.metric(CoherenceScene.LOCAL_GETS)).isZero();
    assertThat(client.call("GET", "prompt:601")).isEqualTo(bulk("body 601"));
    assertThat(sidecar.metric(CoherenceScene.LOCAL_GETS)).isEqualTo(1);
  }

  @Test
  void valueThatRedisHas_isRedisOwn_andIsHeldAtOnce() throws IOException {
    double taken = sidecar.metric(TAKEN);
    direct.call("SET", "prompt:7", "in Redis");
    assertThat(client.call("GET", "prompt:7")).isEqualTo(bulk("in Redis"));
    assertThat(client.call("GET", "prompt:7")).isEqualTo(bulk("in Redis"));
    assertThat(sidecar.metric(CoherenceScene.LOCAL_GETS)).isEqualTo(1);
    assertThat(sidecar.metric(TAKEN)).isEqualTo(taken);
    direct.call("SET", "prompt:7", "changed");
    Waiting.until("it is seen", () -> client.call("GET", "prompt:7").equals(bulk("changed")));
  }

  /** The sidecar's user may do what a lease takes, but not read: Redis is asked, and says so. */
  @Test
  void permissionToReadTakenAway_isRefused() throws IOException {
    int before = generation();
    direct.call("ACL", "SETUSER", "default", "-get");
    try {
      Waiting.until("a generation opens", () -> generation() > before);
      for (int i = 1; i <= MISSES; i++) {
        assertThat(client.call("GET", "prompt:" + (700 + i))).startsWith("-NOPERM");
      }
    } finally {
      direct.call("ACL", "SETUSER", "default", "+get");
    }
  }

  private int generation() {
    return sidecar.proxy().coherence().shards().getFirst().generation();
  }

  /** What another node does not have says nothing of the one where writes go. */
  @Test
  void upstreamBecomesAnotherNode_theRowOfWhatIsThereIsNotShown() throws IOException {
    sidecar.close();
    try (RedisServer other = RedisServer.start();
        RespClient there = RespClient.connect(other.port());
        DelayingHop hop = DelayingHop.to(tiers.redis().port())) {
      there.call("SET", "prompt:7", "there");
      sidecar = tiers.sidecarThrough(hop.port(), "10s", "l1.admission-window=60s").awaitReady();
      try (RespClient before = sidecar.connect()) {
        for (int i = 1; i <= MISSES; i++) {
          before.call("GET", "prompt:" + (500 + i));
        }
      }
      int generation = generation();
      hop.redirect(other.port());
      try (RespClient pinned = sidecar.connect()) {
        pinned.call("CLIENT", "ID");
        Waiting.until("L1 begins anew", () -> generation() > generation);
        for (int i = 1; i <= MISSES; i++) {
          pinned.call("GET", "prompt:" + (700 + i));
        }
        assertThat(pinned.call("GET", "prompt:7")).isEqualTo(bulk("there"));
        AtomicInteger next = new AtomicInteger(800);
        Waiting.until(
            "leases are taken there",
            () -> {
              pinned.call("GET", "prompt:" + next.incrementAndGet());
              return there.call("INFO", "commandstats").contains("cmdstat_evalsha:");
            });
      }
    }
  }

  @Test
  void keyOfAnotherType_isAnsweredByRedis() throws IOException {
    direct.call("LPUSH", "prompt:7", "element");
    assertThat(client.call("GET", "prompt:7")).startsWith("-WRONGTYPE");
  }

  /** Nothing would tell L1 of its creation: it is held once it was asked for again. */
  @Test
  void absentRow_isNotHeldUntracked() throws IOException {
    assertThat(client.call("GET", "prompt:5001")).isEqualTo(NIL);
    direct.call("SET", "prompt:5001", "created past the sidecar");
    assertThat(client.call("GET", "prompt:5001")).isEqualTo(bulk("created past the sidecar"));
  }

  @Test
  void absentRow_askedForAgain_isHeld_andItsCreationIsSeen() throws IOException {
    for (int i = 0; i < 3; i++) {
      assertThat(client.call("GET", "prompt:5002")).isEqualTo(NIL);
    }
    assertThat(sidecar.metric("nearside_l1_negative_hits_total")).isGreaterThanOrEqualTo(1);
    direct.call("SET", "prompt:5002", "created");
    Waiting.until("it is seen", () -> client.call("GET", "prompt:5002").equals(bulk("created")));
  }

  /** No push for the key tells of it: its flight is not joined for ever all the same. */
  @Test
  void keySetPastTheSidecarMeanwhile_isSeenByLaterReaders() throws IOException, SQLException {
    try (Gate gate = tiers.closeGate()) {
      client.send("GET", "prompt:7");
      gate.awaitWaiting(1);
      double before = sidecar.metric(PUSHES);
      direct.call("SET", "prompt:7", "set");
      Waiting.until("nobody joins it", () -> sidecar.metric(PUSHES) > before);
      try (RespClient later = sidecar.connect()) {
        assertThat(later.call("GET", "prompt:7")).isEqualTo(bulk("set"));
      }
    }
    assertThat(client.reply()).isEqualTo(bulk("old")); // asked before it was set
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(bulk("set"));
    assertThat(client.call("GET", "prompt:7")).isEqualTo(bulk("set"));
  }

  /**
   * No fence tells of what a script writes, and no push takes away a flight that is not tracked;
   * the watch of its lease begins later. So it is simply not joined from then on.
   */
  @Test
  void keySetByAScriptMeanwhile_isSeenByWhoeverComesAfterItsReply()
      throws IOException, SQLException {
    try (Gate gate = tiers.closeGate();
        RespClient writer = sidecar.connect();
        RespClient later = sidecar.connect()) {
      assertThat(later.call("GET", "prompt:501")).isEqualTo(bulk("body 501"));
      client.send("GET", "prompt:7");
      while (direct.call("EXISTS", "nearside:lease:prompt:7").equals(":0\r\n")) {
        Thread.onSpinWait(); // what follows has to come before the watch
      }
      String script = "redis.call('SET', 'prompt' .. ':7', 'by a script')";
      assertThat(writer.call("EVAL", script, "0")).isEqualTo(NIL);
      assertThat(later.call("GET", "prompt:7")).isEqualTo(bulk("by a script"));
      assertThat(client.hasBytes()).as("the row is still read").isFalse();
    }
    assertThat(client.reply()).isEqualTo(bulk("old")); // asked before it was set
    assertThat(client.call("GET", "prompt:7")).isEqualTo(bulk("by a script"));
  }

  @Test
  void rowChangedAndKeyDeletedThroughTheSidecarMeanwhile_oldRowLandsNowhere()
      throws IOException, SQLException {
    try (Gate gate = tiers.closeGate();
        RespClient writer = sidecar.connect()) {
      client.send("GET", "prompt:7");
      gate.awaitWaiting(1);
      tiers.database().execute("UPDATE prompt SET body = 'new' WHERE id = 7");
      assertThat(writer.call("DEL", "prompt:7")).isEqualTo(":0\r\n");
      writer.send("GET", "prompt:7");
      gate.awaitWaiting(2);
      gate.close();
      assertThat(writer.reply()).isEqualTo(bulk("new"));
      assertThat(client.reply()).isEqualTo(bulk("old"));
    }
    assertThat(direct.call("GET", "prompt:7")).isEqualTo(bulk("new"));
    assertThat(client.call("GET", "prompt:7")).isEqualTo(bulk("new"));
  }
}
