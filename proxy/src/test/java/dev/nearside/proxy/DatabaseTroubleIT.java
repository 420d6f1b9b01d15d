package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Drains;
import dev.nearside.proxy.scene.PostgresHop;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.PostgresTrouble;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A database that is there and cannot: its disk is full, a lock is not to be had, it writes
 * nothing, it has no connection left. The one sidecar of all tests goes on each time without a
 * restart.
 */
final class DatabaseTroubleIT {
  private static final int KEYS = 20;
  private static final String DEPTH = "nearside_outbox_depth{namespace=\"note\"}";
  private static final String TAKEN = "SELECT count(*) FROM note WHERE body = '%s'";

  private static PostgresServer database;
  private static PostgresHop hop;
  private static RedisServer redis;
  private static Sidecar sidecar;

  private RespClient client;
  private RespClient direct;

  @BeforeAll
  static void startServers() throws IOException {
    database = PostgresServer.start();
    database.execute(
        "CREATE TABLE prompt (id bigint PRIMARY KEY, body text)",
        "INSERT INTO prompt SELECT n, 'body ' || n FROM generate_series(1, 100) n",
        "CREATE TABLE letter (id bigint PRIMARY KEY, body text)",
        "CREATE TABLE note (id bigint PRIMARY KEY, body text)");
    hop = PostgresHop.to(database);
    redis = RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
    sidecar = Sidecar.configured(yaml(), redis.port()).awaitReady();
    Waiting.until(
        "it can take leases and tell of writes",
        () -> isConnected("leases") && isConnected("administration"));
  }

  private static boolean isConnected(String kind) throws IOException {
    return sidecar.metric("nearside_upstream_connections{kind=\"" + kind + "\"}") == 1;
  }

  private static String yaml() {
    return """
    l1:
      admission-window: 0s
    namespaces:
      prompt:
        keys: prompt:{id:bigint}
        l2-ttl: 10m
        negative-ttl: 10m
        database:
          table: prompt
          value: body
      letter:
        keys: letter:{id:bigint}
        l2-ttl: 10m
        database:
          table: letter
          value: body
          write: through
      note:
        keys: note:{id:bigint}
        l2-ttl: 10m
        database:
          table: note
          value: body
          write: behind
    database:
      url: %s
      user: %s
      pool-size: 4
      timeout: 1s
    """
        .formatted(hop.jdbcUrl(), PostgresServer.USER);
  }

  @AfterAll
  static void stopServers() throws IOException {
    sidecar.close();
    redis.close();
    hop.close();
    database.close();
  }

  @BeforeEach
  void connect() throws IOException {
    client = sidecar.connect();
    direct = RespClient.connect(redis.port());
  }

  @AfterEach
  void disconnect() throws IOException {
    hop.recover();
    client.close();
    direct.close();
  }

  @ParameterizedTest
  @CsvSource({"1, DISK_FULL, error", "2, LOCK_TIMEOUT, error", "3, STATEMENT_TIMEOUT, timeout"})
  void read_saysWhy_andNothingOfItIsKept(int id, PostgresTrouble trouble, String reason)
      throws Exception {
    String held = "prompt:5" + id;
    String missed = "prompt:6" + id;
    Waiting.until(
        "it is in Redis",
        () -> client.call("GET", held).startsWith("$") && direct.call("GET", held).startsWith("$"));

    hop.fail("FROM \"prompt\"", trouble);
    assertThat(client.call("GET", missed))
        .isEqualTo("-TRYAGAIN database unavailable: " + reason + ", retry later\r\n");
    assertThat(client.call("GET", held)).startsWith("$7\r\nbody 5");
    assertThat(direct.call("GET", missed)).isEqualTo("$-1\r\n");

    hop.recover();
    Waiting.until("it is read", () -> client.call("GET", missed).startsWith("$7\r\nbody 6"));
  }

  @ParameterizedTest
  @CsvSource({
    "DISK_FULL, INSERT INTO \"letter\", error",
    "DISK_FULL, COMMIT, error",
    "LOCK_TIMEOUT, pg_advisory_xact_lock, error",
    "STATEMENT_TIMEOUT, FOR UPDATE, timeout",
    "READ_ONLY, INSERT INTO \"letter\", error"
  })
  void writeThrough_changesNothing_andSaysWhy(PostgresTrouble trouble, String sql, String reason)
      throws Exception {
    assertThat(client.call("MSET", "letter:1", "old", "letter:2", "old")).isEqualTo("+OK\r\n");

    hop.fail(sql, trouble);
    String told =
        "-ERR nothing was written: the database, %s: SQLSTATE %s: ERROR: %s\r\n"
            .formatted(reason, trouble.state(), trouble.words());
    assertThat(client.call("SET", "letter:1", "new")).isEqualTo(told);
    assertThat(client.call("MSET", "letter:2", "new", "letter:3", "new")).isEqualTo(told);
    assertThat(letters("old")).isEqualTo(2);
    assertThat(letters("new")).isZero();
    assertThat(direct.call("MGET", "letter:1", "letter:2", "letter:3"))
        .isEqualTo("*3\r\n" + bulk("old") + bulk("old") + "$-1\r\n");
    assertThat(direct.call("KEYS", "nearside:lease:letter:*")).isEqualTo("*0\r\n");
    assertThat(client.call("GET", "letter:1")).isEqualTo(bulk("old"));

    hop.recover();
    assertThat(client.call("SET", "letter:1", "newer")).isEqualTo("+OK\r\n");
    assertThat(letters("newer")).isEqualTo(1);
    assertThat(client.call("GET", "letter:1")).isEqualTo(bulk("newer"));
  }

  private static long letters(String body) {
    return database.count(
        "SELECT count(*) FROM letter WHERE id < 4 AND body = '%s'".formatted(body));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TOO_MANY_CONNECTIONS")
  void writeBehind_waits_andGoesOn(PostgresTrouble trouble) throws Exception {
    hop.fail("INSERT INTO \"note\"", trouble);
    writeAndSeeItWait(trouble.name());
    hop.recover();
    awaitDrained(trouble.name());
  }

  @Test
  void noConnectionLeft_eachSaysSo_andAllGoesOn() throws Exception {
    assertThat(client.call("SET", "letter:9", "old")).isEqualTo("+OK\r\n");

    hop.refuseConnections();
    assertThat(client.call("GET", "prompt:9"))
        .isEqualTo("-TRYAGAIN database unavailable: disconnected, retry later\r\n");
    Waiting.until(
        "what was open is known to be lost",
        () ->
            client
                .call("SET", "letter:9", "new")
                .equals(
                    "-ERR nothing was written: the database, disconnected: SQLSTATE 53300: FATAL:"
                        + " sorry, too many clients already\r\n"));
    assertThat(client.call("GET", "letter:9")).isEqualTo(bulk("old"));
    assertThat(database.count("SELECT count(*) FROM letter WHERE body = 'new'")).isZero();
    writeAndSeeItWait("crowded");

    hop.recover();
    awaitDrained("crowded");
    Waiting.until("it is read", () -> client.call("GET", "prompt:9").equals(bulk("body 9")));
    Waiting.until("it is written", () -> client.call("SET", "letter:9", "newer").equals("+OK\r\n"));
    assertThat(client.call("GET", "letter:9")).isEqualTo(bulk("newer"));
  }

  private void writeAndSeeItWait(String value) throws Exception {
    double failuresBefore = sidecar.metric("nearside_outbox_failures_total");
    for (int id = 1; id <= KEYS; id++) {
      assertThat(client.call("SET", "note:" + id, value)).isEqualTo("+OK\r\n");
    }
    direct.call("DEL", "note:1"); // as if Redis had evicted it
    Waiting.until(
        "it was tried twice, in vain",
        () -> sidecar.metric("nearside_outbox_failures_total") >= failuresBefore + 2);
    Waiting.until("all of it is seen to wait", () -> sidecar.metric(DEPTH) == KEYS);
    assertThat(database.count(TAKEN.formatted(value))).isZero();
    assertThat(client.call("GET", "note:1")).isEqualTo(bulk(value));
    assertThat(client.call("GET", "note:2")).isEqualTo(bulk(value));
  }

  private void awaitDrained(String value) throws Exception {
    Drains.await(direct, "note");
    assertThat(database.count(TAKEN.formatted(value))).isEqualTo(KEYS);
    assertThat(client.call("NEARSIDE.OUTBOX", "DEAD", "note")).isEqualTo("*0\r\n");
    Waiting.until("that is seen", () -> sidecar.metric(DEPTH) == 0);
  }
}
