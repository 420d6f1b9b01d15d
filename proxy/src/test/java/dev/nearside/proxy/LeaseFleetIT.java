package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A fleet of sidecars that all ask for one row at once. */
class LeaseFleetIT {
  private static final int SIDECARS = 4;
  private static final int CROWD = 100 * SIDECARS;
  private static final int SOME = 50 * SIDECARS;
  private static final String NIL = "$-1\r\n";
  private static final String OLD = "$3\r\nold\r\n";
  private static final String NEW = "$3\r\nnew\r\n";

  private final ThreeTiers tiers = new ThreeTiers();
  private final List<Sidecar> fleet = new ArrayList<>();
  private final List<RespClient> clients = new ArrayList<>();

  @BeforeEach
  void start() {
    tiers.database().execute("UPDATE prompt SET body = 'old' WHERE id = 7");
  }

  private void startFleet(String... settings) throws IOException {
    for (int i = 0; i < SIDECARS; i++) {
      fleet.add(tiers.sidecar("10s", settings));
    }
  }

  @AfterEach
  void stop() throws IOException {
    for (RespClient client : clients) {
      client.close();
    }
    fleet.forEach(Sidecar::close);
    tiers.close();
  }

  @Test
  void coldKey_fourHundredClients_oneQueryInTheFleet() throws IOException, SQLException {
    startFleet();
    stampede("prompt:7", CROWD, tiers.closeGate());
    for (RespClient client : clients) {
      assertThat(client.reply()).isEqualTo(OLD);
    }
    assertThat(sum("nearside_database_batch_keys_sum")).isEqualTo(1);
    assertThat(sum("nearside_leases_total{result=\"taken\"}")).isEqualTo(1);
    assertThat(sum("nearside_leases_total{result=\"waited\"}")).isEqualTo(SIDECARS - 1);
    assertThat(sum("nearside_lease_wakes_total{cause=\"push\"}"))
        .isGreaterThanOrEqualTo(SIDECARS - 1);
    assertThat(sum("nearside_lease_wakes_total{cause=\"deadline\"}")).isZero();
    assertRest();
  }

  @Test
  void missingRow_twoHundredClients_oneQueryForAsLongAsItIsRemembered()
      throws IOException, SQLException {
    startFleet("namespaces.prompt.negative-ttl=1h");
    stampede("prompt:5001", SOME, tiers.lockPrompts());
    for (RespClient client : clients) {
      assertThat(client.reply()).isEqualTo(NIL);
    }
    for (Sidecar sidecar : fleet) {
      sidecar.proxy().coherence().setMode(L1Mode.OFF);
    }
    for (RespClient client : clients) {
      assertThat(client.call("GET", "prompt:5001")).isEqualTo(NIL);
    }
    assertThat(sum("nearside_database_batch_keys_sum")).isEqualTo(1);
    assertThat(sum("nearside_leases_total{result=\"taken\"}")).isEqualTo(1);
    assertThat(sum("nearside_leases_total{result=\"absent\"}")).isGreaterThanOrEqualTo(SIDECARS);
    assertRest();
  }

  /** Reads that go past L1 share one fill in their sidecar, and one query in the fleet. */
  @Test
  void coldKey_withL1Off_oneQueryInTheFleet() throws IOException, SQLException {
    startFleet("l1.mode=off");
    stampede("prompt:7", SOME, tiers.closeGate());
    for (RespClient client : clients) {
      assertThat(client.reply()).isEqualTo(OLD);
    }
    assertThat(sum("nearside_database_batch_keys_sum")).isEqualTo(1);
    assertThat(sum("nearside_leases_total{result=\"taken\"}")).isEqualTo(1);
    assertRest();
  }

  @Test
  void writeThroughASidecarWhileAllWait_isSeenByWhoeverComesAfterIt()
      throws IOException, SQLException {
    startFleet();
    try (Gate gate = tiers.closeGate()) {
      RespClient first = client(0).send("GET", "prompt:7");
      gate.awaitWaiting(1);
      for (int i = 1; i < SIDECARS; i++) {
        client(i).send("GET", "prompt:7");
      }
      Waiting.until("the others wait", () -> sum("nearside_lease_waiters") == SIDECARS - 1);
      tiers.database().execute("UPDATE prompt SET body = 'new' WHERE id = 7");
      try (RespClient writer = fleet.get(2).connect();
          RespClient behind = fleet.get(0).connect()) {
        assertThat(writer.call("DEL", "prompt:7")).isEqualTo(":0\r\n");
        gate.awaitWaiting(2);
        writer.send("GET", "prompt:7");
        Waiting.until(
            "the holder knows that its lease is broken, a reader behind joins another",
            () -> sum("nearside_invalidations_total{cause=\"push\"}") >= 1);
        behind.send("GET", "prompt:7");
        Waiting.until("he waits too", () -> fleet.get(0).metric("nearside_lease_waiters") == 1);
        gate.close();
        assertThat(first.reply()).isEqualTo(OLD); // asked before the write had begun
        assertThat(behind.reply()).isEqualTo(NEW);
        assertThat(writer.reply()).isEqualTo(NEW);
        for (int i = 1; i < SIDECARS; i++) {
          assertThat(clients.get(i).reply()).isEqualTo(NEW);
        }
      }
    }
    try (RespClient direct = tiers.direct()) {
      assertThat(direct.call("GET", "prompt:7")).isEqualTo(NEW);
    }
    assertThat(sum("nearside_database_batch_keys_sum")).isEqualTo(2);
    assertRest();
  }

  @Test
  void markerOfAnAbsentRow_isDeletedByAWrite_andForgottenByEverySidecar() throws IOException {
    startFleet("namespaces.prompt.negative-ttl=1h");
    for (int i = 0; i < SIDECARS; i++) {
      assertThat(client(i).call("GET", "prompt:5002")).isEqualTo(NIL);
      assertThat(clients.get(i).call("GET", "prompt:5002")).isEqualTo(NIL);
    }
    assertThat(sum("nearside_database_batch_keys_sum")).isEqualTo(1);
    assertThat(sum("nearside_l1_negative_hits_total")).isEqualTo(SIDECARS);
    tiers.database().execute("INSERT INTO prompt VALUES (5002, 'new')");
    assertThat(clients.get(3).call("DEL", "prompt:5002")).isEqualTo(":0\r\n");
    assertThat(clients.get(3).call("GET", "prompt:5002")).isEqualTo(NEW);
    for (int i = 0; i < SIDECARS; i++) {
      RespClient client = clients.get(i);
      Waiting.until("it is forgotten", () -> client.call("GET", "prompt:5002").equals(NEW));
    }
    assertThat(sum("nearside_database_batch_keys_sum")).isEqualTo(2);
    assertRest();
  }

  @Test
  void redisLostWhileAllWait_eachSidecarAsksTheDatabaseOnce() throws IOException, SQLException {
    startFleet();
    try (Gate gate = tiers.closeGate()) {
      client(0).send("GET", "prompt:7");
      gate.awaitWaiting(1);
      for (int i = 1; i < SIDECARS; i++) {
        client(i).send("GET", "prompt:7");
      }
      Waiting.until("the others wait", () -> sum("nearside_lease_waiters") == SIDECARS - 1);
      tiers.redis().kill();
      gate.awaitWaiting(SIDECARS);
    }
    for (RespClient client : clients) {
      assertThat(client.reply()).isEqualTo(OLD);
    }
    Waiting.until( // a statement is counted when its answers are out
        "all are counted", () -> sum("nearside_database_batch_keys_sum") >= SIDECARS);
    assertThat(sum("nearside_database_batch_keys_sum")).isEqualTo(SIDECARS);
    assertThat(sum("nearside_lease_wakes_total{cause=\"lost\"}")).isEqualTo(SIDECARS - 1);
    assertRest();
  }

  /**
   * A hundred clients of each sidecar ask for {@code key}, which the database holds up meanwhile.
   */
  private void stampede(String key, int count, Gate closed) throws IOException, SQLException {
    try (Gate gate = closed) {
      for (int i = 0; i < count; i++) {
        client(i % SIDECARS).send("GET", key);
      }
      gate.awaitWaiting(1);
      Waiting.until("the others wait", () -> sum("nearside_lease_waiters") >= SIDECARS - 1);
      Waiting.until(
          "all were heard",
          () ->
              sum("nearside_fills_joined_total") + sum("nearside_fills_started_total") >= count
                  || sum("nearside_requests_total{way=\"relay\",command=\"get\"}") >= count);
    }
  }

  private RespClient client(int sidecar) throws IOException {
    RespClient client = fleet.get(sidecar).connect();
    clients.add(client);
    return client;
  }

  private void assertRest() {
    Waiting.until("nobody waits", () -> sum("nearside_lease_waiters") == 0);
  }

  private double sum(String series) throws IOException {
    double sum = 0;
    for (Sidecar sidecar : fleet) {
      sum += sidecar.metric(series);
    }
    return sum;
  }
}
