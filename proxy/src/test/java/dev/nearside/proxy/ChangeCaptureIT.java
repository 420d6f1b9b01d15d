package dev.nearside.proxy;

import static dev.nearside.proxy.CaptureScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Rows changed by anybody leave Redis, and the memory of two sidecars of which one reads the log.
 */
final class ChangeCaptureIT {
  private static final String ABSENT = "$-1\r\n";
  private static final String UUID = "0f14d0ab-9605-4a62-a9e4-5ed26688389b";

  private static CaptureScene scene;
  private static PostgresServer database;

  private Sidecar first;
  private Sidecar second;
  private RespClient one;
  private RespClient two;
  private RespClient direct;

  @BeforeAll
  static void startServers() {
    scene = new CaptureScene();
    database = scene.database();
  }

  @AfterAll
  static void stopServers() {
    scene.close();
  }

  @BeforeEach
  void startSidecars() throws IOException {
    direct = scene.direct();
    direct.call("FLUSHALL");
    first = scene.sidecar();
    scene.awaitOpen();
    database.execute(
        "TRUNCATE prompt", "TRUNCATE item", "TRUNCATE plain", "DELETE FROM nearside.entry");
    second = scene.sidecar();
    one = first.connect();
    two = second.connect();
  }

  @AfterEach
  void stopSidecars() throws IOException {
    one.close();
    two.close();
    direct.close();
    second.close();
    first.close();
  }

  private void awaitBoth(String key, String reply) {
    Waiting.until(
        key + " is " + reply.strip() + " at one", () -> one.call("GET", key).equals(reply));
    Waiting.until(
        key + " is " + reply.strip() + " at two", () -> two.call("GET", key).equals(reply));
  }

  /** Has both hold it in memory, and Redis, too. */
  private void fill(String key, String reply) throws IOException {
    for (int i = 0; i < 3; i++) {
      awaitBoth(key, reply);
    }
    if (!reply.equals(ABSENT)) {
      assertThat(direct.call("GET", key)).isEqualTo(reply);
    }
  }

  @Test
  void changes_ofEveryKind_areSeenThroughBoth() throws Exception {
    assertThat(CaptureScene.isReading(first)).isTrue();
    assertThat(CaptureScene.isReading(second)).isFalse();
    assertThat(scene.slots()).isEqualTo(1);

    fill("prompt:1", ABSENT);
    database.execute("INSERT INTO prompt VALUES (1, 'one')");
    awaitBoth("prompt:1", bulk("one"));
    fill("prompt:1", bulk("one"));
    database.execute("UPDATE prompt SET body = 'changed' WHERE id = 1");
    awaitBoth("prompt:1", bulk("changed"));
    fill("prompt:1", bulk("changed"));
    database.execute("DELETE FROM prompt WHERE id = 1");
    awaitBoth("prompt:1", ABSENT);

    database.execute("INSERT INTO prompt VALUES (2, 'two'), (3, 'three')");
    fill("prompt:2", bulk("two"));
    fill("prompt:3", bulk("three"));
    database.execute("TRUNCATE prompt");
    awaitBoth("prompt:2", ABSENT);
    awaitBoth("prompt:3", ABSENT);
  }

  @Test
  void changes_ofOneTransaction_areAllSeen() throws Exception {
    database.execute("INSERT INTO prompt SELECT n, 'old' FROM generate_series(1, 3000) AS n");
    for (int id = 1; id <= 3000; id += 500) {
      fill("prompt:" + id, bulk("old"));
    }
    database.execute("UPDATE prompt SET body = 'new'");
    for (int id = 1; id <= 3000; id += 500) {
      awaitBoth("prompt:" + id, bulk("new"));
    }
  }

  @Test
  void changes_ofKeyColumns_areSeenUnderBothKeys() throws Exception {
    database.execute(
        "INSERT INTO item VALUES ('a]b', 'x', 'body')",
        "INSERT INTO plain VALUES ('" + UUID + "', 'p')");
    fill("item[ann]:y", ABSENT);
    database.execute("UPDATE item SET owner = 'ann', name = 'x:y'");
    fill("item[ann]:x:y", bulk("body"));
    database.execute("UPDATE item SET name = 'y'");
    awaitBoth("item[ann]:x:y", ABSENT);
    awaitBoth("item[ann]:y", bulk("body"));

    fill("plain:" + UUID, bulk("p"));
    database.execute("UPDATE plain SET body = 'q'");
    awaitBoth("plain:" + UUID, bulk("q"));
    fill("plain:" + UUID, bulk("q"));
    database.execute("DELETE FROM plain");
    awaitBoth("plain:" + UUID, ABSENT);
  }

  @Test
  void changes_besideALargeValue_keepThatValue() throws Exception {
    database.execute(
        "ALTER TABLE prompt ADD COLUMN IF NOT EXISTS used int",
        "ALTER TABLE prompt ALTER COLUMN body SET STORAGE EXTERNAL",
        "INSERT INTO prompt VALUES (5, repeat('x', 100000))");
    fill("prompt:5", bulk("x".repeat(100_000)));
    double before = CaptureScene.deleted(first);
    database.execute("UPDATE prompt SET used = 1");
    Waiting.until("it was deleted", () -> CaptureScene.deleted(first) > before);
    awaitBoth("prompt:5", bulk("x".repeat(100_000)));
  }

  @Test
  void changes_ofTheStore_areSeen() throws Exception {
    database.execute(
        "INSERT INTO nearside.entry VALUES ('kept:a', 'A', 0, NULL, nextval('nearside.version'))");
    fill("kept:a", bulk("A"));
    database.execute("UPDATE nearside.entry SET value = 'B'");
    awaitBoth("kept:a", bulk("B"));
  }

  @Test
  void keys_ofOtherNamespaces_stay() throws Exception {
    direct.call("SET", "prompt:7:extra", "mine");
    direct.call("SET", "prompt:x", "mine");
    fill("prompt:8", ABSENT);
    database.execute("INSERT INTO prompt VALUES (8, 'eight')");
    fill("prompt:8", bulk("eight"));
    database.execute("TRUNCATE prompt");
    awaitBoth("prompt:8", ABSENT);
    assertThat(direct.call("GET", "prompt:7:extra")).isEqualTo(bulk("mine"));
    assertThat(direct.call("GET", "prompt:x")).isEqualTo(bulk("mine"));
  }

  @Test
  void writesThroughASidecar_areCapturedToo() throws Exception {
    for (int i = 0; i < 30; i++) {
      assertThat(two.call("SET", "note:9", "value " + i)).isEqualTo("+OK\r\n");
      assertThat(one.call("GET", "note:9")).isEqualTo(bulk("value " + i));
    }
    database.execute("UPDATE prompt SET body = 'by SQL'");
    awaitBoth("note:9", bulk("by SQL"));
    awaitBoth("prompt:9", bulk("by SQL"));
  }

  /** The commit is in the log, and queries do not see it: what is read meanwhile is old. */
  @Test
  void commit_thatQueriesDoNotSeeYet_isNotLostOnItsWay() throws Exception {
    database.execute("INSERT INTO prompt VALUES (20, 'old')");
    fill("prompt:20", bulk("old"));
    database.execute(
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
    Waiting.until(
        "it is set",
        () ->
            database.count(
                    "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting = 'nobody'")
                == 1);
    CompletableFuture<Void> commit =
        CompletableFuture.runAsync(
            () -> commitAndWait("UPDATE prompt SET body = 'new' WHERE id = 20"),
            Thread::startVirtualThread);
    Waiting.until(
        "it waits for a standby",
        () ->
            database.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                == 1);
    double seen = CaptureScene.deleted(first);
    direct.call("DEL", "prompt:20"); // somebody makes room
    awaitBoth("prompt:20", bulk("old"));
    assertThat(direct.call("GET", "prompt:20")).isEqualTo(bulk("old"));
    database.execute("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
    commit.join();
    awaitBoth("prompt:20", bulk("new"));
    assertThat(CaptureScene.deleted(first)).isGreaterThan(seen);
  }

  private static void commitAndWait(String sql) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET synchronous_commit = on");
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a fill has read before a commit must not be in Redis behind it. */
  @Test
  void fill_thatReadBeforeTheCommit_isNotPutIntoRedis() throws Exception {
    database.execute(
        "INSERT INTO prompt VALUES (30, 'old')",
        """
        CREATE OR REPLACE FUNCTION pass_gate() RETURNS boolean VOLATILE LANGUAGE sql AS
        $$ SELECT pg_advisory_xact_lock_shared(1) IS NOT NULL $$
        """,
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        "GRANT USAGE ON SCHEMA nearside TO reader",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON nearside.entry TO reader",
        "ALTER ROLE reader REPLICATION",
        "ALTER TABLE prompt ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY gated ON prompt TO reader USING (pass_gate())");
    try (Sidecar gated = scene.sidecar("database.user=reader");
        RespClient client = gated.connect();
        Connection holder = database.connect();
        Statement gate = holder.createStatement()) {
      gate.execute("SELECT pg_advisory_lock(1)");
      client.send("GET", "prompt:30");
      Waiting.until(
          "a read stands at the gate",
          () ->
              database.count(
                      "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
                  == 1);
      double before = CaptureScene.deleted(first);
      database.execute("UPDATE prompt SET body = 'new' WHERE id = 30");
      Waiting.until("the change was told", () -> CaptureScene.deleted(first) > before);
      gate.execute("SELECT pg_advisory_unlock(1)");
      client.reply(); // old or new: it was asked before the commit
      assertThat(direct.call("GET", "prompt:30")).isNotEqualTo(bulk("old"));
      assertThat(client.call("GET", "prompt:30")).isEqualTo(bulk("new"));
    } finally {
      database.execute(
          "DROP POLICY gated ON prompt",
          "ALTER TABLE prompt DISABLE ROW LEVEL SECURITY",
          "DROP OWNED BY reader",
          "DROP ROLE reader");
    }
  }

  @Test
  void reader_thatGoesAway_isFollowedByAnother_whoMissesNothing() throws Exception {
    database.execute("INSERT INTO prompt VALUES (40, 'old')");
    fill("prompt:40", bulk("old"));
    first.close();
    database.execute("UPDATE prompt SET body = 'new'");
    Waiting.until("the other reads", () -> CaptureScene.isReading(second));
    Waiting.until("it is new", () -> two.call("GET", "prompt:40").equals(bulk("new")));
    fill2("prompt:40", bulk("new"));
    database.execute("UPDATE prompt SET body = 'newer'");
    Waiting.until("it is newer", () -> two.call("GET", "prompt:40").equals(bulk("newer")));
    assertThat(scene.slots()).isEqualTo(1);
  }

  private void fill2(String key, String reply) throws IOException {
    for (int i = 0; i < 3; i++) {
      Waiting.until("it is there", () -> two.call("GET", key).equals(reply));
    }
    assertThat(direct.call("GET", key)).isEqualTo(reply);
  }

  @Test
  void slot_thatIsLost_isMadeAnew_andNothingIsMissed() throws Exception {
    database.execute("INSERT INTO prompt VALUES (50, 'old')");
    fill("prompt:50", bulk("old"));
    double failures = first.metric("nearside_capture_failures_total");
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");
      statement.execute("UPDATE prompt SET body = 'new'");
      connection.commit();
    }
    Waiting.until(
        "it was noticed",
        () ->
            first.metric("nearside_capture_failures_total")
                    + second.metric("nearside_capture_failures_total")
                > failures);
    scene.awaitOpen();
    awaitBoth("prompt:50", bulk("new"));
    fill("prompt:50", bulk("new"));
    assertThat(scene.slots()).isEqualTo(1);
  }

  /** While a slot cannot be made, rows are read through: nothing is put into Redis. */
  @Test
  void slot_thatWaitsForATransaction_letsNothingIntoRedis() throws Exception {
    database.execute("INSERT INTO prompt VALUES (60, 'old')");
    fill("prompt:60", bulk("old"));
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SELECT pg_current_xact_id()");
      database.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");
      Waiting.until(
          "the gate is shut, and Redis has nothing of it",
          () -> !scene.isOpen() && direct.call("EXISTS", "prompt:60").equals(":0\r\n"));
      for (int i = 0; i < 5; i++) {
        database.execute("UPDATE prompt SET body = 'new " + i + "'");
        assertThat(one.call("GET", "prompt:60")).isEqualTo(bulk("new " + i));
        assertThat(two.call("GET", "prompt:60")).isEqualTo(bulk("new " + i));
      }
      assertThat(direct.call("EXISTS", "prompt:60")).isEqualTo(":0\r\n");
      connection.commit();
    }
    scene.awaitOpen();
    fill("prompt:60", bulk("new 4"));
  }

  @Test
  void redis_thatLosesEverything_isReadThroughUntilTheGateIsOpenAgain() throws Exception {
    database.execute("INSERT INTO prompt VALUES (70, 'old')");
    fill("prompt:70", bulk("old"));
    direct.call("FLUSHALL");
    database.execute("UPDATE prompt SET body = 'new'");
    awaitBoth("prompt:70", bulk("new"));
    scene.awaitOpen();
    fill("prompt:70", bulk("new"));
  }

  @Test
  void log_thatTellsOfOtherTables_isAcknowledged() throws Exception {
    database.execute("CREATE TABLE IF NOT EXISTS unrelated (id int)");
    database.execute(
        "INSERT INTO unrelated SELECT generate_series(1, 10000)",
        "INSERT INTO prompt VALUES (80, 'x')");
    String now;
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        var row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()")) {
      row.next();
      now = row.getString(1);
    }
    database.execute("INSERT INTO unrelated SELECT generate_series(1, 10000)");
    Waiting.until(
        "the log may go",
        () ->
            database.count(
                    "SELECT count(*) FROM pg_replication_slots WHERE confirmed_flush_lsn < '"
                        + now
                        + "'")
                == 0);
  }
}
