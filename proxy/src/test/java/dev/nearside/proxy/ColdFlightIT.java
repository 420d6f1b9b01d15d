package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.sql.SQLException;
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
    long before = tiers.redisGets();
    for (int i = 1; i <= 10; i++) {
      assertThat(client.call("GET", "prompt:" + (600 + i))).isEqualTo(bulk("body " + (600 + i)));
    }
    assertThat(tiers.redisGets() - before).isZero();
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
