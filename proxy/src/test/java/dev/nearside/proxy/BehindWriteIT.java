package dev.nearside.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.scene.Drains;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RandomStringCommands;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writes of a namespace that the database takes later, through two sidecars of one Redis. */
final class BehindWriteIT {
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
        "CREATE TABLE text (id bigint PRIMARY KEY, body text)",
        "CREATE TABLE applied (n bigserial, id bigint, body bytea)",
        """
        CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO applied (id, body) VALUES (NEW.id, NEW.body); RETURN NEW; END $$
        """,
        "CREATE TRIGGER logged AFTER INSERT OR UPDATE ON note"
            + " FOR EACH ROW EXECUTE FUNCTION log()");
    redis = RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
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
    direct.call("CONFIG", "SET", "appendfsync", "always");
    direct.call("FLUSHALL");
    database.execute("TRUNCATE note", "TRUNCATE text", "TRUNCATE applied");
    first = sidecar();
    second = sidecar();
    database.execute("TRUNCATE nearside.entry");
    writer = first.connect();
    reader = second.connect();
  }

  private static Sidecar sidecar(String... settings) throws IOException {
    Sidecar sidecar = Sidecar.configured(yaml("fsync"), redis.port(), settings);
    sidecar.awaitReady();
    return sidecar;
  }

  private static String yaml(String durability) {
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
          write: behind
          durability: %s
          outbox-limit: 100
      text:
        keys: text:{id:bigint}
        l2-ttl: 10m
        database:
          table: text
          value: body
          write: behind
          durability: %s
      kept:
        keys: kept:*
        l2-ttl: 10m
        database:
          store: true
          write: behind
          durability: %s
      strict:
        keys: through:*
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
        .formatted(durability, durability, durability, database.jdbcUrl(), PostgresServer.USER);
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
  void set_isInRedisAtOnce_andInTheRowSoon() throws Exception {
    assertThat(reader.call("GET", "note:1")).isEqualTo("$-1\r\n");
    for (int i = 0; i < 50; i++) {
      String value = "value " + i;
      assertThat(writer.call("SET", "note:1", value)).isEqualTo("+OK\r\n");
      assertThat(reader.call("GET", "note:1")).endsWith("\r\n" + value + "\r\n");
    }
    awaitDrained();
    assertThat(body(1)).isEqualTo("value 49");
    assertThat(millis(direct.call("PTTL", "note:1"))).isBetween(500_000L, 600_000L);
    assertThat(direct.call("KEYS", "nearside:behind:*")).isEqualTo("*0\r\n");
    assertThat(direct.call("KEYS", "nearside:lease:*")).isEqualTo("*0\r\n");
  }

  @Test
  void eachCommand_repliesAndLeavesWhatRedisWould() throws Exception {
    Random random = new Random(11);
    RandomStringCommands commands = new RandomStringCommands(random, "note:");
    try (RespClient model = RespClient.connect(plain.port())) {
      model.call("FLUSHALL");
      for (int i = 0; i < COMMANDS; i++) {
        String[] command = commands.next();
        assertThat(writer.call(command)).as("%s", List.of(command)).isEqualTo(model.call(command));
        if (i % 16 == 0) {
          direct.call("DEL", "note:" + (1 + random.nextInt(3))); // only forgotten
          compareKeys(model);
        }
      }
      awaitDrained();
      for (int id = 1; id <= 3; id++) {
        String expected = model.call("GET", "note:" + id);
        String body = body(id);
        assertThat(body == null ? "$-1\r\n" : "$" + body.length() + "\r\n" + body + "\r\n")
            .isEqualTo(expected);
      }
    }
  }

  private void compareKeys(RespClient model) throws Exception {
    for (int id = 1; id <= 3; id++) {
      assertThat(reader.call("GET", "note:" + id)).isEqualTo(model.call("GET", "note:" + id));
    }
  }

  @Test
  void untilTheDatabaseHasIt_readersAndWritersAreAnsweredFromTheOutbox() throws Exception {
    database.execute("INSERT INTO note VALUES (1, '5'), (2, 'old'), (3, 'old')");
    try (Connection holder = Drains.hold(database)) {
      assertThat(writer.call("INCR", "note:1")).isEqualTo(":6\r\n");
      assertThat(writer.call("SET", "note:2", "new")).isEqualTo("+OK\r\n");
      assertThat(writer.call("DEL", "note:3", "note:4")).isEqualTo(":1\r\n");
      direct.call("DEL", "note:1", "note:2", "note:3"); // as if Redis had evicted them

      assertThat(reader.call("MGET", "note:1", "note:2", "note:3"))
          .isEqualTo("*3\r\n$1\r\n6\r\n$3\r\nnew\r\n$-1\r\n");
      direct.call("DEL", "note:1", "note:2", "nearside:lease:note:3");
      assertThat(reader.call("GET", "note:2")).isEqualTo("$3\r\nnew\r\n");
      assertThat(reader.call("INCR", "note:1")).isEqualTo(":7\r\n");
      assertThat(reader.call("SETNX", "note:3", "again")).isEqualTo(":1\r\n");
      assertThat(reader.call("SETNX", "note:2", "again")).isEqualTo(":0\r\n");
      assertThat(body(1)).isEqualTo("5");
      holder.rollback();
    }
    awaitDrained();
    assertThat(body(1)).isEqualTo("7");
    assertThat(body(2)).isEqualTo("new");
    assertThat(body(3)).isEqualTo("again");
  }

  @Test
  void whatHasAnEnd_endsInRedisAndInTheStore() throws Exception {
    assertThat(writer.call("SET", "kept:a", "text", "EX", "100")).isEqualTo("+OK\r\n");
    assertThat(millis(direct.call("PTTL", "kept:a"))).isBetween(95_000L, 100_000L);
    assertThat(writer.call("APPEND", "kept:a", "!")).isEqualTo(":5\r\n");
    awaitDrained();
    direct.call("DEL", "kept:a");
    assertThat(reader.call("GET", "kept:a")).isEqualTo("$5\r\ntext!\r\n");
    assertThat(millis(direct.call("PTTL", "kept:a"))).isBetween(80_000L, 100_000L);

    try (Connection holder = Drains.hold(database)) {
      assertThat(writer.call("SET", "kept:b", "brief", "PX", "150")).isEqualTo("+OK\r\n");
      assertThat(writer.call("PERSIST", "kept:a")).isEqualTo(":1\r\n");
      Waiting.until("it has ended", () -> reader.call("GET", "kept:b").equals("$-1\r\n"));
      assertThat(writer.call("SETNX", "kept:b", "more")).isEqualTo(":1\r\n");
      holder.rollback();
    }
    awaitDrained();
    assertThat(database.count("SELECT count(*) FROM nearside.entry WHERE expires_at IS NULL"))
        .isEqualTo(2);
  }

  @Test
  void oneKey_countedUpThroughBoth_losesNothing() throws Exception {
    int each = 100;
    List<Callable<Void>> clients = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Sidecar sidecar = i % 2 == 0 ? first : second;
      clients.add(() -> {
        try (RespClient client = sidecar.connect()) {
          for (int n = 0; n < each; n++) {
            assertThat(client.call("INCR", "note:5")).startsWith(":");
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
    assertThat(reader.call("GET", "note:5")).isEqualTo("$3\r\n" + all + "\r\n");
    awaitDrained();
    assertThat(body(5)).isEqualTo(all);
    assertThat(
            database.count(
                "SELECT count(*) FROM (SELECT convert_from(body, 'UTF8')::int - lag("
                    + "convert_from(body, 'UTF8')::int) OVER (ORDER BY n) AS step FROM applied) s"
                    + " WHERE step <= 0"))
        .isZero();
  }

  @Test
  void whatTheDatabaseNeverTakes_isPutAside_andTheOthersGoOn() throws Exception {
    writer.call("SET", "note:8", "allowed");
    awaitDrained();
    try (Connection holder = Drains.hold(database)) {
      for (int id = 1; id <= 20; id++) {
        writer.call("SET", "note:" + id, id == 8 ? "forbidden" : "fine");
      }
      holder.rollback();
    }
    awaitDrained();
    assertThat(database.count("SELECT count(*) FROM note WHERE body = 'fine'")).isEqualTo(19);
    assertThat(reader.call("GET", "note:8")).isEqualTo("$7\r\nallowed\r\n");
    assertThat(direct.call("XRANGE", "nearside:outbox:note:dead", "-", "+"))
        .contains("note:8", "forbidden", "23514");
    assertThat(writer.call("FLUSHALL")).startsWith("-ERR nothing was flushed");

    String id = writer.call("NEARSIDE.OUTBOX", "DEAD", "note").lines().skip(3).findFirst().get();
    assertThat(writer.call("NEARSIDE.OUTBOX", "DEAD", "kept")).isEqualTo("*0\r\n");
    assertThat(writer.call("NEARSIDE.OUTBOX", "REPLAY", "note", id, "1-1")).isEqualTo(":1\r\n");
    Waiting.until(
        "it was refused again",
        () -> writer.call("NEARSIDE.OUTBOX", "DEAD", "note").contains("forbidden"));
    database.execute("ALTER TABLE note DROP CONSTRAINT note_body_check");
    id = writer.call("NEARSIDE.OUTBOX", "DEAD", "note").lines().skip(3).findFirst().get();
    assertThat(writer.call("NEARSIDE.OUTBOX", "REPLAY", "note", id)).isEqualTo(":1\r\n");
    assertThat(reader.call("GET", "note:8")).isEqualTo("$9\r\nforbidden\r\n");
    awaitDrained();
    assertThat(body(8)).isEqualTo("forbidden");
    database.execute("DELETE FROM note", "ALTER TABLE note ADD CHECK (body <> 'forbidden')");
  }

  @Test
  void wrongWordsOfTheOutbox_areErrors_andADroppedOneIsGone() throws Exception {
    assertThat(writer.call("NEARSIDE.OUTBOX")).startsWith("-ERR NEARSIDE.OUTBOX takes DEAD");
    assertThat(writer.call("NEARSIDE.OUTBOX", "DEAD", "no"))
        .isEqualTo("-ERR no namespace called 'no' is written behind\r\n");
    assertThat(writer.call("NEARSIDE.OUTBOX", "DROP", "note", "first"))
        .startsWith("-ERR an id is not one");
    assertThat(writer.call("NEARSIDE.OUTBOX", "DEAD", "note", "0")).startsWith("-ERR count");
    writer.call("SET", "note:9", "forbidden");
    Waiting.until(
        "it is put aside",
        () -> writer.call("NEARSIDE.OUTBOX", "DEAD", "note", "5").contains("23514"));
    String id = writer.call("NEARSIDE.OUTBOX", "DEAD", "note").lines().skip(3).findFirst().get();
    assertThat(writer.call("NEARSIDE.OUTBOX", "DROP", "note", id)).isEqualTo(":1\r\n");
    assertThat(writer.call("NEARSIDE.OUTBOX", "DROP", "note", id)).isEqualTo(":0\r\n");
    assertThat(writer.call("FLUSHALL")).isEqualTo("+OK\r\n");
  }

  @Test
  void aTriggerThatRefuses_andAValueThatIsNoText_arePutAside() throws Exception {
    database.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'MY001'; END $$
        """,
        "CREATE TRIGGER refused BEFORE INSERT OR UPDATE ON note"
            + " FOR EACH ROW WHEN (NEW.id = 66) EXECUTE FUNCTION refuse()");
    writer.call("SET", "note:66", "x");
    writer.call("SET", "note:67", "fine");
    writer.sendRaw("*3\r\n$3\r\nSET\r\n$6\r\ntext:1\r\n$1\r\n\u00ff\r\n");
    assertThat(writer.reply()).isEqualTo("+OK\r\n");
    writer.call("SET", "text:2", "fine");
    awaitDrained();
    assertThat(writer.call("NEARSIDE.OUTBOX", "DEAD", "note")).contains("note:66", "MY001");
    assertThat(writer.call("NEARSIDE.OUTBOX", "DEAD", "text")).contains("text:1", "22021");
    assertThat(body(67)).isEqualTo("fine");
    assertThat(database.count("SELECT count(*) FROM text WHERE body = 'fine'")).isEqualTo(1);
    database.execute("DROP TRIGGER refused ON note", "DROP FUNCTION refuse");
  }

  @Test
  void redisOutOfMemory_refusesWrites_andIsDrained() throws Exception {
    try (Connection holder = Drains.hold(database)) {
      for (int id = 1; id <= 20; id++) {
        writer.call("SET", "kept:" + id, "x".repeat(10_000));
      }
      direct.call("DEL", "nearside:outbox:kept:home", "nearside:outbox:kept:drain");
      direct.call("CONFIG", "SET", "maxmemory", "1");
      assertThat(writer.call("SET", "kept:21", "x")).contains("OOM");
      holder.rollback();
    }
    direct.call("CONFIG", "SET", "maxmemory", "0");
    direct.call("SET", "nearside:outbox:kept:home", homeOf("kept"), "NX");
    direct.call("CONFIG", "SET", "maxmemory", "1");
    try {
      awaitDrained();
      assertThat(database.count("SELECT count(*) FROM nearside.entry")).isEqualTo(20);
    } finally {
      direct.call("CONFIG", "SET", "maxmemory", "0");
    }
  }

  private static String homeOf(String namespace) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT home FROM nearside.outbox WHERE name = '" + namespace + "'")) {
      return rows.next() ? rows.getString(1) : "";
    }
  }

  @Test
  void manyAtOnce_eachHasItsOwnAnswer() throws Exception {
    List<Callable<Void>> clients = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      String key = i % 2 == 0 ? "note:" + (1_000 + i) : "kept:" + i;
      clients.add(() -> {
        try (RespClient client = first.connect()) {
          for (int n = 0; n < 50; n++) {
            assertThat(client.call("SET", key, "" + n)).isEqualTo("+OK\r\n");
            assertThat(client.call("GET", key)).endsWith("\r\n" + n + "\r\n");
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
    awaitDrained();
    assertThat(database.count("SELECT count(*) FROM note WHERE body = '49'")).isEqualTo(20);
    assertThat(database.count("SELECT count(*) FROM nearside.entry WHERE value = '49'"))
        .isEqualTo(20);
    try (Connection holder = Drains.hold(database)) {
      for (int id = 1; id <= 98; id++) {
        writer.call("SET", "note:" + id, "x");
      }
      List<RespClient> crowd = new ArrayList<>();
      for (int id = 101; id <= 110; id++) {
        crowd.add(first.connect().send("SET", "note:" + id, "x"));
      }
      int done = 0;
      for (RespClient client : crowd) {
        String reply = client.reply();
        done += reply.equals("+OK\r\n") ? 1 : 0;
        assertThat(reply).matches("(?s)\\+OK.*|-ERR nothing was written: the outbox.*");
        client.close();
      }
      assertThat(done).isEqualTo(2);
      holder.rollback();
    }
    awaitDrained();
    assertThat(database.count("SELECT count(*) FROM note WHERE body = 'x'")).isEqualTo(100);
  }

  @Test
  void full_writesAreRefused_andNothingIsChanged() throws Exception {
    try (Connection holder = Drains.hold(database)) {
      for (int id = 1; id <= 100; id++) {
        assertThat(writer.call("SET", "note:" + id, "x")).isEqualTo("+OK\r\n");
      }
      assertThat(writer.call("SET", "note:101", "x"))
          .isEqualTo(
              "-ERR nothing was written: the outbox of namespace note is full of what the database"
                  + " has not taken\r\n");
      assertThat(writer.call("MSET", "kept:x", "x", "note:102", "x"))
          .isEqualTo(
              "-ERR nothing was written: an outbox of namespaces kept, note is full of what the"
                  + " database has not taken\r\n");
      assertThat(writer.call("SET", "note:7", "newer")).isEqualTo("+OK\r\n"); // waits already
      assertThat(reader.call("GET", "note:101")).isEqualTo("$-1\r\n");
      Waiting.until(
          "it is seen",
          () ->
              first.metric("nearside_outbox_depth{namespace=\"note\"}") == 100
                  || second.metric("nearside_outbox_depth{namespace=\"note\"}") == 100);
      holder.rollback();
    }
    awaitDrained();
    assertThat(body(7)).isEqualTo("newer");
    assertThat(body(101)).isNull();
  }

  @Test
  void flush_isRefusedWhileSomethingIsPending() throws Exception {
    writer.call("SET", "other", "x");
    try (Connection holder = Drains.hold(database)) {
      writer.call("SET", "note:1", "x");
      assertThat(reader.call("FLUSHALL"))
          .isEqualTo(
              "-ERR nothing was flushed: the outbox of namespace note has writes that the database"
                  + " has not taken\r\n");
      assertThat(reader.call("FLUSHDB", "ASYNC")).startsWith("-ERR nothing was flushed");
      assertThat(reader.call("SWAPDB", "0", "1")).startsWith("-ERR namespace");
      assertThat(reader.call("GET", "other")).isEqualTo("$1\r\nx\r\n");
      holder.rollback();
    }
    awaitDrained();
    assertThat(reader.call("FLUSHALL")).isEqualTo("+OK\r\n");
    assertThat(reader.call("GET", "other")).isEqualTo("$-1\r\n");
    assertThat(writer.call("GET", "note:1")).isEqualTo("$1\r\nx\r\n");
  }

  @Test
  void whoHadTheDrainIsGone_anotherDrains() throws Exception {
    try (Connection holder = Drains.hold(database)) {
      for (int id = 1; id <= 50; id++) {
        writer.call("SET", "note:" + id, "x");
      }
      holder.rollback();
      first.close();
    }
    awaitDrained();
    assertThat(database.count("SELECT count(*) FROM note")).isEqualTo(50);
  }

  @Test
  void keyLongerThanTheStoreTakes_isRefusedWhenItIsWritten() throws Exception {
    String longest = "kept:" + "k".repeat(2048 - 5);
    String refusal = "-ERR namespace kept: its store takes keys of 2048 bytes at most\r\n";
    assertThat(writer.call("SET", longest, "x")).isEqualTo("+OK\r\n");
    assertThat(writer.call("SET", longest + "k", "x")).isEqualTo(refusal);
    assertThat(writer.call("MSET", "kept:a", "x", longest + "k", "x")).isEqualTo(refusal);
    assertThat(writer.call("DEL", longest + "k")).isEqualTo(":0\r\n");
    awaitDrained();
    assertThat(database.count("SELECT count(*) FROM nearside.entry")).isEqualTo(1);
    assertThat(writer.call("NEARSIDE.OUTBOX", "DEAD", "kept")).isEqualTo("*0\r\n");
  }

  @Test
  void whatSomebodyElseHasPutThere_isPutAside_andTheOthersGoOn() throws Exception {
    direct.call("SADD", "nearside:behind:note:21", "x");
    direct.call("SET", "nearside:behind:note:22", "short");
    direct.call("SET", "nearside:behind:note:23", "x".repeat(80));
    direct.call(
        "SET", "nearside:behind:other:1", "0".repeat(24) + "1" + " ".repeat(16) + "0".repeat(12));
    for (String key : List.of("note:21", "note:22", "note:23", "other:1", "note:24")) {
      direct.call("XADD", "nearside:outbox:note", "*", "k", key);
    }
    writer.call("SET", "note:25", "fine");
    awaitDrained();
    assertThat(body(25)).isEqualTo("fine");
    assertThat(direct.call("XLEN", "nearside:outbox:note:dead")).isEqualTo(":4\r\n");
    assertThat(writer.call("NEARSIDE.OUTBOX", "DEAD", "note"))
        .contains("note:21", "it is nearside:strange:note:21 now", "note:22", "short")
        .contains("note:23", "nothing that Nearside writes", "other:1", "22023");
    assertThat(direct.call("SCARD", "nearside:strange:note:21")).isEqualTo(":1\r\n");
    direct.call("XADD", "nearside:outbox:note:dead", "*", "what", "ever");
    assertThat(writer.call("NEARSIDE.OUTBOX", "DEAD", "note")).startsWith("*5\r\n");
    assertThat(writer.call("SET", "note:21", "again")).isEqualTo("+OK\r\n");
    awaitDrained();
    assertThat(body(21)).isEqualTo("again");
  }

  @Test
  void anotherRedisWithANamespaceOfThisName_isNoticed() throws Exception {
    try (RedisServer other = RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
        Sidecar stranger = Sidecar.configured(yaml("fsync"), other.port()).awaitReady();
        RespClient elsewhere = stranger.connect()) {
      Waiting.until(
          "both drain, and one finds that it does no more",
          () -> {
            writer.call("SET", "note:31", "here");
            elsewhere.call("SET", "note:32", "there");
            return stranger.metric("nearside_outbox_failures_total") > 0
                || first.metric("nearside_outbox_failures_total") > 0
                || second.metric("nearside_outbox_failures_total") > 0;
          });
    }
    awaitDrained();
  }

  @Test
  void databaseAway_writesGoOn_andArrive() throws Exception {
    assertThat(writer.call("SET", "note:1", "before")).isEqualTo("+OK\r\n");
    awaitDrained();
    database.kill();
    try {
      assertThat(writer.call("SET", "note:1", "1")).isEqualTo("+OK\r\n");
      assertThat(writer.call("INCR", "note:1")).isEqualTo(":2\r\n");
      direct.call("DEL", "note:1");
      assertThat(reader.call("GET", "note:1")).isEqualTo("$1\r\n2\r\n");
      assertThat(writer.call("INCR", "note:2"))
          .startsWith("-ERR nothing was written: the database");
    } finally {
      database.restart();
    }
    awaitDrained();
    assertThat(body(1)).isEqualTo("2");
    Waiting.until("it is asked again", () -> writer.call("INCR", "note:2").equals(":1\r\n"));
  }

  @Test
  void redisAway_noReadPassesTheOutboxBy() throws Exception {
    database.execute("INSERT INTO note VALUES (1, 'old')");
    try (Connection holder = Drains.hold(database)) {
      writer.call("SET", "note:1", "new");
      redis.pause();
      try {
        assertThat(reader.call("GET", "note:1")).doesNotContain("old");
        assertThat(writer.call("SET", "note:1", "newer")).startsWith("-ERR");
      } finally {
        redis.resume();
      }
      holder.rollback();
    }
    Waiting.until("it is fresh", () -> reader.call("GET", "note:1").contains("new"));
  }

  @Test
  void redisThatMayLoseIt_isRefusedByName() throws Exception {
    direct.call("CONFIG", "SET", "appendfsync", "everysec");
    assertThatThrownBy(() -> sidecar())
        .hasMessageContaining("appendfsync is everysec; expected always")
        .hasMessageContaining("database.durability: weaker");
    direct.call("CONFIG", "SET", "appendfsync", "always");
    direct.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    try {
      assertThatThrownBy(() -> sidecar()).hasMessageContaining("maxmemory-policy is allkeys-lru");
      Waiting.until(
          "it is noticed",
          () -> writer.call("SET", "note:1", "x").contains("maxmemory-policy is allkeys-lru"));
      Sidecar weaker = Sidecar.configured(yaml("weaker"), redis.port());
      try (RespClient client = weaker.awaitReady().connect()) {
        assertThat(client.call("SET", "note:1", "x")).isEqualTo("+OK\r\n");
      } finally {
        weaker.close();
      }
    } finally {
      direct.call("CONFIG", "SET", "maxmemory-policy", "noeviction");
    }
  }

  @Test
  void differentWays_areNotWrittenTogether() throws Exception {
    assertThat(writer.call("MSET", "note:1", "a", "kept:1", "b")).isEqualTo("+OK\r\n");
    assertThat(writer.call("MSET", "note:1", "a", "through:1", "b"))
        .isEqualTo(
            "-ERR the namespaces of this MSET are written to the database in different ways\r\n");
    assertThat(writer.call("SET", "note:1", "x", "EX", "100"))
        .isEqualTo("-ERR namespace note: its table does not say when a value ends\r\n");
    assertThat(writer.call("LPUSH", "note:1", "x")).startsWith("-ERR namespace note");
    assertThat(writer.call("GET", "note:1")).isEqualTo("$1\r\na\r\n");
  }

  private void awaitDrained() {
    Drains.await(direct, "note", "kept", "text");
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
