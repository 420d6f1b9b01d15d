package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.scene.Drains;
import dev.nearside.proxy.scene.PostgresProgram;
import dev.nearside.proxy.scene.PostgresServer;
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

/**
 * All that has to do with the database once more, on the PostgreSQL that this machine has, which is
 * mostly older than the one that is carried. Skipped where it has none.
 */
final class InstalledPostgresIT {
  private static final String UUID = "0f14d0ab-9605-4a62-a9e4-5ed26688389b";
  private static final String CAPTURED = "public.item, public.letter, nearside.entry";

  private static PostgresServer database;
  private static RedisServer redis;
  private static Sidecar sidecar;

  private RespClient client;
  private RespClient direct;

  @BeforeAll
  static void startServers() throws IOException {
    assumeTrue(
        PostgresProgram.ON_PATH.isAvailable(), "there is no postgres with an initdb on the PATH");
    database = PostgresServer.start(PostgresProgram.ON_PATH, "wal_level=logical");
    database.execute(
        "CREATE TABLE item (owner text, n bigint, body jsonb, made timestamptz, PRIMARY KEY (owner, n))",
        "INSERT INTO item VALUES ('ann', 1, '{\"a\": [1, null]}', '2026-01-02 03:04:05+00')",
        "CREATE TABLE picture (id uuid PRIMARY KEY, bytes bytea)",
        "INSERT INTO picture VALUES ('" + UUID + "', '\\x000d0aff24')",
        "CREATE TABLE letter (id bigint PRIMARY KEY, body text)",
        "CREATE TABLE note (id bigint PRIMARY KEY, body bytea, CHECK (body <> 'forbidden'))");
    redis = RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
    sidecar = Sidecar.configured(yaml(""), redis.port()).awaitReady();
    Waiting.until(
        "it reads changes, takes leases, and can tell of writes",
        () ->
            sidecar.metric("nearside_capture_state{state=\"reading\"}") == 1
                && isConnected("leases")
                && isConnected("administration"));
  }

  private static boolean isConnected(String kind) throws IOException {
    return sidecar.metric("nearside_upstream_connections{kind=\"" + kind + "\"}") == 1;
  }

  private static String yaml(String more) {
    return """
    database:
      url: %s
      user: %s
      pool-size: 4
      timeout: 5s
      compress-above: 1KiB
      capture: [%s]
    l1:
      admission-window: 0s
    queries:
      made:
        sql: SELECT n, made FROM item WHERE owner = :owner
        arguments: owner
        l2-ttl: 10m
    namespaces:
      item:
        keys: item:{owner}:{n:bigint}
        l2-ttl: 10m
        database:
          table: item
      part:
        keys: part:{owner}:{n:bigint}
        l2-ttl: 10m
        database:
          query: |
            SELECT owner, n, body FROM item
            WHERE (owner, n) IN (SELECT * FROM unnest(:owner, :n))
          value: body
      picture:
        keys: picture:{id:uuid}
        l2-ttl: 10m
        database:
          query: SELECT id, bytes FROM picture WHERE id = ANY(:id)
          value: bytes
      letter:
        keys: letter:{id:bigint}
        l2-ttl: 10m
        database:
          table: letter
          value: body
          write: through
      kept:
        keys: kept:*
        l2-ttl: 10m
        database:
          store: true
          write: through
      note:
        keys: note:{id:bigint}
        l2-ttl: 10m
        database:
          table: note
          value: body
          write: behind
    %s
    """
        .formatted(database.jdbcUrl(), PostgresServer.USER, CAPTURED, more);
  }

  @AfterAll
  static void stopServers() {
    if (database != null) {
      sidecar.close();
      redis.close();
      database.close();
    }
  }

  @BeforeEach
  void connect() throws IOException {
    client = sidecar.connect();
    direct = RespClient.connect(redis.port());
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    direct.close();
  }

  @Test
  void reads_ofEachKind() throws Exception {
    assertThat(client.call("MGET", "item:ann:1", "item:ann:2", "part:ann:1"))
        .isEqualTo(
            "*3\r\n"
                + bulk(
                    "{\"owner\":\"ann\",\"n\":1,\"body\":{\"a\": [1, null]},"
                        + "\"made\":\"2026-01-02T03:04:05+00:00\"}")
                + "$-1\r\n"
                + bulk("{\"a\": [1, null]}"));
    assertThat(client.call("GET", "picture:" + UUID)).isEqualTo("$5\r\n\u0000\r\n\u00ff$\r\n");
    assertThat(client.call("NEARSIDE.QUERY", "made", "ann"))
        .isEqualTo(bulk("[{\"n\":1,\"made\":\"2026-01-02T03:04:05+00:00\"}]"));
  }

  @Test
  void start_whatDoesNotFit_isRefused() {
    String wrong =
        """
          wrong:
            keys: wrong:{id:bigint}
            l2-ttl: 10m
            database:
              query: SELECT owner, body FROM item WHERE owner = ANY(:id)
              value: body
        """;
    assertThatThrownBy(() -> Sidecar.configured(yaml(wrong), redis.port()))
        .hasMessageContaining("namespaces.wrong.database.query: the database says: operator does")
        .hasMessageContaining("not exist: text = bigint");
  }

  @Test
  void longTermStore_keepsWhatEndsAndWhatIsLarge() throws Exception {
    String large = "text ".repeat(1_000);
    assertThat(client.call("SET", "kept:a", large, "EX", "100")).isEqualTo("+OK\r\n");
    assertThat(database.count("SELECT octet_length(value) FROM nearside.entry"))
        .isLessThan(large.length());
    direct.call("DEL", "kept:a");
    assertThat(client.call("GET", "kept:a")).isEqualTo(bulk(large));
    assertThat(Long.parseLong(direct.call("PTTL", "kept:a").substring(1).strip()))
        .isBetween(50_000L, 100_000L);
    assertThat(client.call("DEL", "kept:a")).isEqualTo(":1\r\n");
    assertThat(database.count("SELECT count(*) FROM nearside.entry")).isZero();
  }

  @Test
  void writeThrough_changesTheRowFirst() throws Exception {
    assertThat(client.call("SET", "letter:1", "5")).isEqualTo("+OK\r\n");
    assertThat(client.call("INCR", "letter:1")).isEqualTo(":6\r\n");
    assertThat(client.call("SETNX", "letter:1", "x")).isEqualTo(":0\r\n");
    assertThat(database.count("SELECT body::int FROM letter WHERE id = 1")).isEqualTo(6);
    assertThat(client.call("GET", "letter:1")).isEqualTo(bulk("6"));
    assertThat(client.call("DEL", "letter:1")).isEqualTo(":1\r\n");
    assertThat(database.count("SELECT count(*) FROM letter WHERE id = 1")).isZero();
  }

  @Test
  void writeBehind_isDrained_andWhatIsRefusedIsPutAside() throws Exception {
    for (int id = 1; id <= 50; id++) {
      assertThat(client.call("SET", "note:" + id, id == 8 ? "forbidden" : "1")).startsWith("+OK");
      assertThat(client.call("INCR", "note:" + id)).startsWith(id == 8 ? "-ERR value" : ":2");
    }
    Drains.await(direct, "note");
    assertThat(database.count("SELECT count(*) FROM note WHERE body = '2'")).isEqualTo(49);
    assertThat(client.call("NEARSIDE.OUTBOX", "DEAD", "note")).contains("note:8", "23514");
  }

  @Test
  void changesBySql_areSeen() throws Exception {
    database.execute("INSERT INTO letter VALUES (7, 'old'), (8, 'old')");
    for (String key : new String[] {"letter:7", "letter:8"}) {
      Waiting.until(
          "it is held",
          () ->
              client.call("GET", key).equals(bulk("old"))
                  && direct.call("GET", key).equals(bulk("old")));
    }
    database.execute(
        "UPDATE letter SET body = 'new' WHERE id = 7", "DELETE FROM letter WHERE id = 8");
    Waiting.until("it is fresh", () -> client.call("GET", "letter:7").equals(bulk("new")));
    Waiting.until("it is gone", () -> client.call("GET", "letter:8").equals("$-1\r\n"));
  }
}
