package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Drains;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same keys through sidecars that write them in different ways, as while one is replaced. */
@Timeout(120)
final class MixedWritesIT {
  private static PostgresServer database;
  private static RedisServer redis;

  private Sidecar behind;
  private Sidecar through;
  private Sidecar aside;
  private RespClient lateWriter;
  private RespClient firstWriter;
  private RespClient reader;
  private RespClient direct;

  @BeforeAll
  static void startServers() {
    database = PostgresServer.start();
    database.execute(
        "CREATE TABLE note (id bigint PRIMARY KEY, body text)",
        """
        CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$
        """,
        "CREATE TRIGGER gated BEFORE INSERT OR UPDATE ON note"
            + " FOR EACH ROW WHEN (NEW.body = 'held up') EXECUTE FUNCTION pass_gate()");
    redis = RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  }

  @AfterAll
  static void stopServers() {
    redis.close();
    database.close();
  }

  @BeforeEach
  void connect() throws IOException {
    direct = RespClient.connect(redis.port());
    direct.call("FLUSHALL");
    database.execute("TRUNCATE note");
    behind = sidecar("behind");
    through = sidecar("through");
    aside = sidecar("aside");
    lateWriter = behind.connect();
    firstWriter = through.connect();
    reader = aside.connect();
  }

  private static Sidecar sidecar(String write, String... settings) throws IOException {
    String yaml =
        """
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
              write: %s
        database:
          url: %s
          user: %s
          pool-size: 4
          timeout: 1s
        """
            .formatted(write, database.jdbcUrl(), PostgresServer.USER);
    Sidecar sidecar = Sidecar.configured(yaml, redis.port(), settings).awaitReady();
    Waiting.until(
        "it can be told of writes",
        () -> sidecar.metric("nearside_upstream_connections{kind=\"administration\"}") == 1);
    return sidecar;
  }

  @AfterEach
  void disconnect() throws IOException {
    for (RespClient client : List.of(lateWriter, firstWriter, reader, direct)) {
      client.close();
    }
    for (Sidecar sidecar : List.of(behind, through, aside)) {
      sidecar.close();
    }
  }

  @Test
  void readerWhoWritesNothingBehind_isAnsweredFromTheOutbox() throws Exception {
    database.execute("INSERT INTO note VALUES (1, 'old'), (2, 'old')");
    try (Connection holder = Drains.hold(database)) {
      lateWriter.call("SET", "note:1", "new");
      lateWriter.call("DEL", "note:2");
      direct.call("DEL", "note:1", "note:2", "nearside:lease:note:2"); // as if evicted
      assertThat(reader.call("GET", "note:1")).isEqualTo("$3\r\nnew\r\n");
      assertThat(reader.call("GET", "note:2")).isEqualTo("$-1\r\n");
      assertThat(direct.call("GET", "note:1")).isEqualTo("$3\r\nnew\r\n");
      direct.call("DEL", "note:1");
      assertThat(firstWriter.call("MGET", "note:1", "note:2"))
          .isEqualTo("*2\r\n$3\r\nnew\r\n$-1\r\n");
      holder.rollback();
    }
    awaitDrained();
    assertThat(body(1)).isEqualTo("new");
    assertThat(body(2)).isNull();
  }

  @Test
  void writeThrough_waitsForWhatIsPending_andStays() throws Exception {
    try (Connection holder = Drains.hold(database)) {
      lateWriter.call("SET", "note:3", "first");
      firstWriter.send("APPEND", "note:3", " second");
      awaitManyScripts();
      assertThat(firstWriter.hasBytes()).isFalse();
      assertThat(body(3)).isNull();
      holder.rollback();
    }
    assertThat(firstWriter.reply()).isEqualTo(":12\r\n");
    assertThat(body(3)).isEqualTo("first second");
    assertThat(reader.call("GET", "note:3")).isEqualTo("$12\r\nfirst second\r\n");
    awaitDrained();
    assertThat(body(3)).isEqualTo("first second");
  }

  /** Those that wait have tried again by then: nobody else runs as many. */
  private void awaitManyScripts() throws IOException {
    int before = scripts();
    Waiting.until("much has been done at Redis", () -> scripts() > before + 5);
  }

  private int scripts() throws IOException {
    return direct
        .call("INFO", "commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_evalsha:"))
        .map(line -> Integer.parseInt(line.replaceAll("^[^=]+=(\\d+),.*", "$1")))
        .findFirst()
        .orElse(0);
  }

  @Test
  void writeThrough_whileNothingIsDrained_isRefusedByName() throws Exception {
    try (Connection holder = Drains.hold(database)) {
      lateWriter.call("SET", "note:4", "first");
      assertThat(firstWriter.call("SET", "note:4", "second"))
          .isEqualTo(
              "-ERR nothing was written: what was written behind to the same key waits in the outbox"
                  + " of namespace note\r\n");
      assertThat(body(4)).isNull();
      assertThat(direct.call("KEYS", "nearside:lease:*")).isEqualTo("*0\r\n");
      holder.rollback();
    }
    awaitDrained();
    assertThat(body(4)).isEqualTo("first");
  }

  @Test
  void writeBehind_ofAKeyThatIsBeingWrittenThrough_comesBehindIt() throws Exception {
    try (Connection gate = database.connect();
        RespClient other = behind.connect()) {
      try (Statement statement = gate.createStatement()) {
        statement.execute("SELECT pg_advisory_lock(1)");
      }
      firstWriter.send("SET", "note:5", "held up");
      Waiting.until(
          "it is intended", () -> direct.call("EXISTS", "nearside:lease:note:5").equals(":1\r\n"));
      lateWriter.send("SET", "note:5", "later");
      other.send("APPEND", "note:5", "!");
      try (RespClient third = behind.connect()) {
        assertThat(third.call("SET", "note:6", "aside")).isEqualTo("+OK\r\n");
      }
      awaitManyScripts();
      assertThat(direct.call("EXISTS", "nearside:behind:note:5")).isEqualTo(":0\r\n");
      try (Statement statement = gate.createStatement()) {
        statement.execute("SELECT pg_advisory_unlock(1)");
      }
      assertThat(firstWriter.reply()).isEqualTo("+OK\r\n");
      assertThat(lateWriter.reply()).isEqualTo("+OK\r\n");
      assertThat(other.reply()).startsWith(":");
    }
    awaitDrained();
    assertThat(body(5)).isIn("later", "later!");
    assertThat(reader.call("GET", "note:5")).endsWith(body(5) + "\r\n");
  }

  @Test
  void oneKey_countedUpInBothWays_losesNothing() throws Exception {
    AtomicInteger counted = new AtomicInteger();
    List<Callable<Void>> clients = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Sidecar sidecar = i % 2 == 0 ? behind : through;
      clients.add(() -> {
        try (RespClient client = sidecar.connect()) {
          for (int n = 0; n < 40; n++) {
            String reply = client.call("INCR", "note:7");
            assertThat(reply).matches("(?s):\\d+.*|-ERR nothing was written: (what|others).*");
            counted.addAndGet(reply.startsWith(":") ? 1 : 0);
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
    assertThat(reader.call("GET", "note:7")).endsWith("\r\n" + counted + "\r\n");
    awaitDrained();
    assertThat(body(7)).isEqualTo(counted.toString());
  }

  @Test
  void redisAway_neitherTheRowIsRead_norIsItWritten() throws Exception {
    database.execute("INSERT INTO note VALUES (8, 'old')");
    awaitKnown(through);
    awaitKnown(aside);
    try (Connection holder = Drains.hold(database)) {
      lateWriter.call("SET", "note:8", "new");
      redis.pause();
      try {
        assertThat(reader.call("GET", "note:8")).doesNotContain("old");
        assertThat(firstWriter.call("SET", "note:8", "newer"))
            .isEqualTo(
                "-ERR nothing was written: Redis cannot be asked what waits in the outbox of"
                    + " namespace note\r\n");
      } finally {
        redis.resume();
      }
      holder.rollback();
    }
    awaitDrained();
    assertThat(body(8)).isEqualTo("new");
  }

  @Test
  void flush_byAnySidecarOfThisRedis_isRefusedWhileSomethingIsPending() throws Exception {
    try (Sidecar elsewhere =
            sidecar("aside", "upstream.uri=redis://127.0.0.1:" + redis.port() + "/1");
        RespClient other = elsewhere.connect()) {
      awaitKnown(elsewhere);
      awaitKnown(aside);
      try (Connection holder = Drains.hold(database)) {
        lateWriter.call("SET", "note:9", "new");
        String refusal =
            "-ERR nothing was flushed: the outbox of namespace note has writes that the database has"
                + " not taken\r\n";
        assertThat(other.call("FLUSHALL")).isEqualTo(refusal);
        assertThat(other.call("SWAPDB", "0", "1")).isEqualTo(refusal);
        assertThat(reader.call("FLUSHALL", "ASYNC")).isEqualTo(refusal);
        assertThat(reader.call("FLUSHDB")).isEqualTo(refusal);
        assertThat(other.call("FLUSHDB")).isEqualTo("+OK\r\n");
        assertThat(other.call("SWAPDB", "2", "3")).isEqualTo("+OK\r\n");
        assertThat(other.call("SELECT", "0")).isEqualTo("+OK\r\n");
        assertThat(other.call("FLUSHDB")).isEqualTo(refusal);
        assertThat(direct.call("GET", "note:9")).isEqualTo("$3\r\nnew\r\n");
        holder.rollback();
      }
      awaitDrained();
      assertThat(other.call("FLUSHALL")).isEqualTo("+OK\r\n");
      assertThat(direct.call("GET", "note:9")).isEqualTo("$-1\r\n");
      assertThat(direct.call("KEYS", "*")).contains("nearside:outboxes");
    }
  }

  @Test
  void outboxThatNobodyHas_isCounted() throws Exception {
    awaitKnown(through);
    try (Connection holder = Drains.hold(database)) {
      lateWriter.call("SET", "note:10", "new");
      behind.close();
      assertThat(through.metric("nearside_outboxes_unattended")).isZero();
      direct.call("ZADD", "nearside:outboxes", "1000", "note"); // as if that were long ago
      Waiting.until("it is noticed", () -> through.metric("nearside_outboxes_unattended") == 1);
      holder.rollback();
    }
    behind = sidecar("behind");
    Waiting.until("it is drained", () -> through.metric("nearside_outboxes_unattended") == 0);
    awaitDrained();
    assertThat(body(10)).isEqualTo("new");
  }

  /** Waits until {@code sidecar} has heard that somebody writes behind. */
  private static void awaitKnown(Sidecar sidecar) throws IOException {
    try (RespClient client = sidecar.connect()) {
      client.call("SELECT", "7");
      Waiting.until(
          "it is known",
          () -> {
            client.call("FLUSHDB");
            return sidecar.metric("nearside_requests_total{way=\"through\",command=\"other\"}") > 0;
          });
    }
  }

  private void awaitDrained() {
    Drains.await(direct, "note");
  }

  private static String body(int id) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT body FROM note WHERE id = " + id)) {
      return rows.next() ? rows.getString(1) : null;
    }
  }
}
