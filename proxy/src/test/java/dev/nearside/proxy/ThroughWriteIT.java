package dev.nearside.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RandomStringCommands;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.strings.StringWrites;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writes of a namespace that change the database first, through two sidecars of one Redis. */
final class ThroughWriteIT {
  private static final int COMMANDS = 800;

  private static PostgresServer database;
  private static RedisServer redis;
  private static RedisServer plain;

  private Sidecar first;
  private Sidecar second;
  private RespClient writer;
  private RespClient reader;
  private RespClient direct;

  @BeforeAll
  static void startServers() {
    database = PostgresServer.start();
    database.execute(
        "CREATE TABLE note (id bigint PRIMARY KEY, body bytea, CHECK (body <> 'forbidden'))",
        "CREATE TABLE account (owner text, name text, content jsonb, PRIMARY KEY (owner, name))",
        "CREATE TABLE gate (closed int)",
        """
        CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$
        """,
        "CREATE TRIGGER gated BEFORE INSERT OR UPDATE ON note"
            + " FOR EACH ROW WHEN (NEW.id = 77) EXECUTE FUNCTION pass_gate()");
    redis = RedisServer.start();
    plain = RedisServer.start();
  }

  @AfterAll
  static void stopServers() {
    redis.close();
    plain.close();
    database.close();
  }

  @BeforeEach
  void connect() throws IOException {
    direct = RespClient.connect(redis.port());
    direct.call("FLUSHALL");
    first = sidecar();
    second = sidecar();
    database.execute("TRUNCATE note", "TRUNCATE account", "TRUNCATE nearside.entry");
    writer = first.connect();
    reader = second.connect();
  }

  private static Sidecar sidecar() throws IOException {
    Sidecar sidecar =
        Sidecar.configured(
            yaml(), redis.port(), "upstream.connect-timeout=1s", "database.compress-above=10KiB");
    sidecar.awaitReady();
    Waiting.until(
        "it can be told of writes",
        () -> sidecar.metric("nearside_upstream_connections{kind=\"administration\"}") == 1);
    return sidecar;
  }

  private static String yaml() {
    return """
    l1:
      admission-window: 0s
    namespaces:
      note:
        keys: note:{id:bigint}
        l2-ttl: 10m
        negative-ttl: 2s
        database:
          table: note
          value: body
          write: through
      account:
        keys: acct:{owner}:{name}
        l2-ttl: 10m
        database:
          table: account
          value: content
          write: through
      kept:
        keys: kept:*
        l2-ttl: 10m
        database:
          store: true
          write: through
    database:
      url: %s
      user: %s
      pool-size: 4
      timeout: 2s
    """
        .formatted(database.jdbcUrl(), PostgresServer.USER);
  }

  @AfterEach
  void disconnect() throws IOException {
    writer.close();
    reader.close();
    direct.close();
    first.close();
    second.close();
  }

  @Test
  void set_isInTheRowAndInRedis_freshEverywhere() throws Exception {
    assertThat(reader.call("GET", "note:1")).isEqualTo("$-1\r\n");
    assertThat(writer.call("SET", "note:1", "one")).isEqualTo("+OK\r\n");

    assertThat(body(1)).isEqualTo("one");
    assertThat(direct.call("GET", "note:1")).isEqualTo("$3\r\none\r\n");
    assertThat(direct.call("EXISTS", "nearside:lease:note:1")).isEqualTo(":0\r\n");
    assertThat(millis(direct.call("PTTL", "note:1"))).isBetween(590_000L, 600_000L);
    assertThat(reader.call("GET", "note:1")).isEqualTo("$3\r\none\r\n");

    for (int i = 0; i < 50; i++) {
      String value = "value " + i;
      assertThat(writer.call("SET", "note:1", value)).isEqualTo("+OK\r\n");
      assertThat(reader.call("GET", "note:1")).endsWith("\r\n" + value + "\r\n");
      assertThat(body(1)).isEqualTo(value);
    }
  }

  @Test
  void eachCommand_repliesAndLeavesWhatRedisWould() throws Exception {
    RandomStringCommands commands = new RandomStringCommands(new Random(7), "note:");
    try (RespClient model = RespClient.connect(plain.port())) {
      model.call("FLUSHALL");
      for (int i = 0; i < COMMANDS; i++) {
        String[] command = commands.next();
        assertThat(writer.call(command)).as("%s", List.of(command)).isEqualTo(model.call(command));
        if (i % 16 == 0) {
          compareKeys(model);
        }
      }
      compareKeys(model);
    }
  }

  private void compareKeys(RespClient model) throws Exception {
    for (int id = 1; id <= 3; id++) {
      String expected = model.call("GET", "note:" + id);
      assertThat(reader.call("GET", "note:" + id)).isEqualTo(expected);
      String body = body(id);
      assertThat(body == null ? "$-1\r\n" : "$" + body.length() + "\r\n" + body + "\r\n")
          .isEqualTo(expected);
    }
  }

  @Test
  void namesOfTheTest_areAllThatIsUnderstood() {
    RandomStringCommands commands = new RandomStringCommands(new Random(0), "note:");
    List<String> seen =
        Stream.generate(commands::next).limit(5_000).map(each -> each[0]).distinct().toList();

    assertThat(seen).containsExactlyInAnyOrderElementsOf(StringWrites.names());
  }

  @Test
  void whatTheDatabaseRefuses_changesNothingAnywhere() throws Exception {
    writer.call("SET", "note:2", "allowed");

    assertThat(writer.call("SET", "note:2", "forbidden"))
        .startsWith("-ERR nothing was written: the database, error: SQLSTATE 23514");
    assertThat(writer.call("MSET", "note:3", "three", "note:2", "forbidden")).startsWith("-ERR");
    assertThat(writer.call("SET", "acct:a:b", "no json")).startsWith("-ERR nothing was written");
    assertThat(writer.call("SET", "note:2", "x", "EX", "100"))
        .isEqualTo("-ERR namespace note: its table does not say when a value ends\r\n");

    assertThat(body(2)).isEqualTo("allowed");
    assertThat(body(3)).isNull();
    assertThat(reader.call("GET", "note:2")).isEqualTo("$7\r\nallowed\r\n");
    assertThat(direct.call("KEYS", "nearside:lease:*")).isEqualTo("*0\r\n");
  }

  @Test
  void severalPartsAndJson_areWrittenToTheirColumns() throws Exception {
    assertThat(writer.call("SET", "acct:ann:x", "{\"a\": 1}")).isEqualTo("+OK\r\n");
    assertThat(writer.call("SET", "acct:ann:x", "{\"a\": 2}")).isEqualTo("+OK\r\n");
    assertThat(database.count("SELECT (content ->> 'a')::int FROM account WHERE name = 'x'"))
        .isEqualTo(2);
    assertThat(writer.call("DEL", "acct:ann:x", "acct:ann:y")).isEqualTo(":1\r\n");
    assertThat(database.count("SELECT count(*) FROM account")).isZero();
  }

  @Test
  void theStore_keepsWhatEndsAndWhatIsLarge() throws Exception {
    String large = "text ".repeat(10_000);
    assertThat(writer.call("SET", "kept:a", large)).isEqualTo("+OK\r\n");
    assertThat(database.count("SELECT octet_length(value) FROM nearside.entry"))
        .isLessThan(large.length());
    assertThat(writer.call("EXPIRE", "kept:a", "100")).isEqualTo(":1\r\n");
    assertThat(millis(direct.call("PTTL", "kept:a"))).isBetween(95_000L, 100_000L);
    assertThat(writer.call("SET", "kept:a", "short", "KEEPTTL")).isEqualTo("+OK\r\n");
    assertThat(millis(direct.call("PTTL", "kept:a"))).isBetween(90_000L, 100_000L);

    direct.call("FLUSHALL");
    assertThat(reader.call("GET", "kept:a")).isEqualTo("$5\r\nshort\r\n");
    assertThat(millis(direct.call("PTTL", "kept:a"))).isBetween(80_000L, 100_000L);
    assertThat(writer.call("PERSIST", "kept:a")).isEqualTo(":1\r\n");
    assertThat(writer.call("SET", "kept:a", "brief", "PX", "200")).isEqualTo("+OK\r\n");
    Waiting.until("it has ended", () -> reader.call("GET", "kept:a").equals("$-1\r\n"));
    assertThat(writer.call("SETNX", "kept:a", "again")).isEqualTo(":1\r\n");
    assertThat(writer.call("DEL", "kept:a", "kept:b")).isEqualTo(":1\r\n");
    assertThat(database.count("SELECT count(*) FROM nearside.entry")).isZero();
  }

  @Test
  void whatIsNotUnderstood_isRefusedByName() throws Exception {
    writer.call("SET", "note:1", "one");
    writer.call("SET", "free", "text");

    assertThat(writer.call("RENAME", "free", "note:1"))
        .isEqualTo(
            "-ERR namespace note is written to the database, which RENAME is not understood"
                + " for\r\n");
    assertThat(writer.call("LPUSH", "note:9", "x")).startsWith("-ERR namespace note");
    assertThat(writer.call("EVAL", "return redis.call('SET', KEYS[1], 'x')", "1", "note:1"))
        .startsWith("-ERR namespace note is written to the database, which EVAL");
    assertThat(writer.call("MSET", "note:1", "x", "free", "y"))
        .isEqualTo(
            "-ERR namespace note is written to the database, other keys of this MSET are"
                + " not\r\n");
    assertThat(body(1)).isEqualTo("one");
    assertThat(direct.call("GET", "note:1")).isEqualTo("$3\r\none\r\n");
  }

  @Test
  void databaseSelectedInTheSamePacket_decides() throws Exception {
    assertThat(writer.call("CLIENT", "ID")).startsWith(":"); // pinned from here on
    assertThat(writer.call("SELECT", "1")).isEqualTo("+OK\r\n");
    writer.send("SELECT", "0").send("SET", "note:1", "row");
    assertThat(writer.reply()).isEqualTo("+OK\r\n");
    assertThat(writer.reply()).isEqualTo("+OK\r\n");
    assertThat(body(1)).isEqualTo("row");
    writer.send("SELECT", "1").send("SET", "note:1", "elsewhere");
    assertThat(writer.reply()).isEqualTo("+OK\r\n");
    assertThat(writer.reply()).isEqualTo("+OK\r\n");
    assertThat(body(1)).isEqualTo("row");
  }

  @Test
  void whereRepliesAreNotTold_theClientIsClosed() throws Exception {
    writer.send("CLIENT", "REPLY", "OFF").send("SET", "note:1", "x");
    assertThat(writer.isClosed()).isTrue();
    assertThat(body(1)).isNull();
  }

  @Test
  void aTransaction_refusesToQueueIt_andToExecute() throws Exception {
    assertThat(writer.call("MULTI")).isEqualTo("+OK\r\n");
    assertThat(writer.call("SET", "free", "x")).isEqualTo("+QUEUED\r\n");
    assertThat(writer.call("SET", "note:1", "x"))
        .isEqualTo(
            "-ERR namespace note is written to the database, which no transaction can"
                + " include\r\n");
    assertThat(writer.call("EXEC")).startsWith("-EXECABORT");
    assertThat(writer.call("GET", "free")).isEqualTo("$-1\r\n");
    assertThat(writer.call("SET", "note:1", "x")).isEqualTo("+OK\r\n");
  }

  @Test
  void oneKey_countedUpThroughBoth_losesNothing() throws Exception {
    int each = 40;
    List<Callable<Void>> clients = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Sidecar sidecar = i % 2 == 0 ? first : second;
      clients.add(() -> {
        try (RespClient client = sidecar.connect()) {
          for (int n = 0; n < each; n++) {
            assertThat(client.call("INCR", "note:5")).startsWith(":");
            client.call("GET", "note:5");
          }
        }
        return null;
      });
    }
    try (var threads = Executors.newFixedThreadPool(clients.size())) {
      for (var done : threads.invokeAll(clients)) {
        done.get();
      }
    }
    String all = "" + 6 * each;
    assertThat(body(5)).isEqualTo(all);
    assertThat(reader.call("GET", "note:5")).isEqualTo("$3\r\n" + all + "\r\n");
    assertThat(writer.call("GET", "note:5")).isEqualTo("$3\r\n" + all + "\r\n");
  }

  @Test
  void pipelined_inOrder_eachSeesWhatIsBeforeIt() throws Exception {
    writer.send("SET", "note:6", "a");
    writer.send("APPEND", "note:6", "b");
    writer.send("GET", "note:6");
    writer.send("DEL", "note:6");
    writer.send("GET", "note:6");

    assertThat(writer.reply()).isEqualTo("+OK\r\n");
    assertThat(writer.reply()).isEqualTo(":2\r\n");
    assertThat(writer.reply()).isEqualTo("$2\r\nab\r\n");
    assertThat(writer.reply()).isEqualTo(":1\r\n");
    assertThat(writer.reply()).isEqualTo("$-1\r\n");
  }

  @Test
  void redisStands_isStoredAndSaysSo_andRedisForgetsIt() throws Exception {
    writer.call("SET", "note:1", "old");
    assertThat(reader.call("GET", "note:1")).isEqualTo("$3\r\nold\r\n");
    redis.pause();
    try {
      assertThat(writer.call("SET", "note:1", "new"))
          .isEqualTo("-ERR stored, not cached: the database has it, Redis could not be told\r\n");
      assertThat(body(1)).isEqualTo("new");
    } finally {
      redis.resume();
    }
    Waiting.until(
        "Redis does not have the old value", () -> !direct.call("GET", "note:1").contains("old"));
    Waiting.until("it is fresh", () -> reader.call("GET", "note:1").equals("$3\r\nnew\r\n"));
  }

  @Test
  void databaseAway_saysSo_andComesBack() throws Exception {
    writer.call("SET", "note:1", "old");
    database.kill();
    try {
      assertThat(writer.call("SET", "note:1", "new")).startsWith("-ERR nothing was written");
      assertThat(direct.call("GET", "note:1")).isEqualTo("$3\r\nold\r\n");
    } finally {
      database.restart();
    }
    Waiting.until("it writes again", () -> writer.call("SET", "note:1", "newer").equals("+OK\r\n"));
    assertThat(body(1)).isEqualTo("newer");
  }

  @Test
  void whileItIsWritten_aReaderPutsNothingOldIntoRedis() throws Exception {
    database.execute("INSERT INTO note VALUES (77, 'old')");
    try (Connection holder = database.connect();
        Statement statement = holder.createStatement()) {
      statement.execute("SELECT pg_advisory_lock(1)");
      writer.send("SET", "note:77", "new");
      Waiting.until(
          "the write waits in the database",
          () -> database.count("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0);
      reader.send("GET", "note:77");
      Waiting.until(
          "the reader waits for the write", () -> second.metric("nearside_lease_waiters") > 0);
      assertThat(direct.call("GET", "note:77")).isEqualTo("$-1\r\n");
      statement.execute("SELECT pg_advisory_unlock(1)");
    }
    assertThat(writer.reply()).isEqualTo("+OK\r\n");
    assertThat(reader.reply()).isEqualTo("$3\r\nnew\r\n");
    assertThat(direct.call("GET", "note:77")).isEqualTo("$3\r\nnew\r\n");
  }

  private static String body(int id) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT body FROM note WHERE id = " + id)) {
      return rows.next() ? new String(rows.getBytes(1), ISO_8859_1) : null;
    }
  }

  private static long millis(String reply) {
    return Long.parseLong(reply.substring(1).trim());
  }
}
