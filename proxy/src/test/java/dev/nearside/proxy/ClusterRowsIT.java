package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.MovableSlot;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedCluster;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SlotMove;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows of the database in front of a cluster: read, written through, and queried. */
final class ClusterRowsIT {
  private static final int GATE = 7;
  private static final String ROWS_ASKED = "nearside_database_batch_keys_sum";
  private static final String NIL = "$-1\r\n";

  @RegisterExtension private static final SharedCluster SHARED = new SharedCluster();

  private static PostgresServer database;

  private Sidecar first;
  private Sidecar second;
  private RespClient writer;
  private RespClient reader;

  @BeforeAll
  static void startDatabase() {
    database = PostgresServer.start();
    database.execute(
        "CREATE TABLE note (id text PRIMARY KEY, body bytea)",
        "CREATE TABLE prompt (id text PRIMARY KEY, body text)",
        """
        CREATE FUNCTION pass_gate() RETURNS boolean VOLATILE LANGUAGE sql AS
        $$ SELECT pg_advisory_xact_lock_shared(%d) IS NOT NULL $$
        """
            .formatted(GATE));
  }

  @AfterAll
  static void stopDatabase() {
    database.close();
  }

  @BeforeEach
  void connect() throws IOException {
    database.execute("TRUNCATE note", "TRUNCATE prompt");
    first = sidecar();
    second = sidecar();
    writer = first.connect();
    reader = second.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    writer.close();
    reader.close();
    first.close();
    second.close();
  }

  private static Sidecar sidecar() throws IOException {
    Sidecar sidecar =
        Sidecar.configured(
            yaml(),
            0,
            "upstream.uri=redis-cluster://" + String.join(",", SHARED.cluster().addresses()));
    sidecar.awaitReady();
    Waiting.until(
        "it waits for leases at each primary",
        () -> sidecar.metric("nearside_upstream_connections{kind=\"leases\"}") == 3);
    return sidecar;
  }

  private static String yaml() {
    return """
    l1:
      admission-window: 0s
    namespaces:
      note:
        keys: note:{id}
        l2-ttl: 10m
        negative-ttl: 1m
        database:
          table: note
          value: body
          write: through
      prompt:
        keys: prompt:{id}
        l2-ttl: 10m
        negative-ttl: 1m
        database:
          query: SELECT id, body FROM prompt WHERE id = ANY(:id) AND pass_gate()
          value: body
    queries:
      bodies:
        sql: SELECT body FROM prompt WHERE id = :id AND pass_gate()
        arguments: [id]
        l2-ttl: 10m
        tags: ["prompts:{id}", prompts]
    database:
      url: %s
      user: %s
      pool-size: 4
      timeout: 5s
    """
        .formatted(database.jdbcUrl(), PostgresServer.USER);
  }

  @Test
  void get_fillsRedisOnce_inTheSlotOfEachKey() throws Exception {
    database.execute(
        "INSERT INTO prompt SELECT n::text, 'body ' || n FROM generate_series(1, 60) n");
    for (String key : keys("prompt:%d", 60)) {
      assertThat(writer.call("GET", key)).isEqualTo(bulk("body " + key.substring(7)));
      assertThat(direct(key, "GET", key)).isEqualTo(bulk("body " + key.substring(7)));
    }
    double asked = asked();
    database.execute("UPDATE prompt SET body = 'other'");
    for (String key : keys("prompt:%d", 60)) {
      assertThat(reader.call("GET", key)).isEqualTo(bulk("body " + key.substring(7)));
    }
    assertThat(asked()).as("what Redis has is not asked for again").isEqualTo(asked);
  }

  @Test
  void get_ofKeysWithTagsAndBraces_fillsThemToo() throws Exception {
    List<String> ids = List.of("{a}b", "}{", "{}x", "a}", "{", "{nearside:lease:}");
    for (String id : ids) {
      database.execute("INSERT INTO prompt VALUES ('%s', 'of %s')".formatted(id, id));
      assertThat(writer.call("GET", "prompt:" + id)).isEqualTo(bulk("of " + id));
      assertThat(direct("prompt:" + id, "GET", "prompt:" + id)).isEqualTo(bulk("of " + id));
    }
  }

  @Test
  void stampede_throughTwoSidecars_isOneStatement() throws Exception {
    database.execute("INSERT INTO prompt VALUES ('hot', 'once')");
    List<RespClient> crowd = new ArrayList<>();
    try (AutoCloseable gate = closeGate()) {
      for (int i = 0; i < 40; i++) {
        crowd.add((i % 2 == 0 ? first : second).connect());
        crowd.getLast().send("GET", "prompt:hot");
      }
      Waiting.until("one has asked", () -> waiting() == 1);
      Waiting.until(
          "the other sidecar waits for its lease",
          () ->
              first.metric("nearside_lease_waiters") + second.metric("nearside_lease_waiters")
                  >= 1);
    }
    for (RespClient client : crowd) {
      assertThat(client.reply()).isEqualTo(bulk("once"));
      client.close();
    }
    assertThat(asked()).isEqualTo(1);
  }

  @Test
  void del_throughAnother_whileARowIsRead_keepsTheOldRowOut() throws Exception {
    for (int i = 0; i < 12; i++) {
      String key = "prompt:race" + i;
      database.execute("INSERT INTO prompt VALUES ('race%d', 'old')".formatted(i));
      CompletableFuture<String> read;
      try (AutoCloseable gate = closeGate()) {
        read = CompletableFuture.supplyAsync(() -> call(reader, "GET", key));
        Waiting.until("the row is being read", () -> waiting() == 1);
        database.execute("UPDATE prompt SET body = 'new' WHERE id = 'race%d'".formatted(i));
        assertThat(writer.call("DEL", key)).isEqualTo(":0\r\n");
      }
      assertThat(read.join()).as("decided before").isEqualTo(bulk("old"));
      assertThat(direct(key, "GET", key)).as("nothing old was put there").isEqualTo(NIL);
      assertThat(reader.call("GET", key)).isEqualTo(bulk("new"));
    }
  }

  @Test
  void missingRow_isRemembered_andFreshOnceItIsWritten() throws Exception {
    for (String key : keys("note:%d", 9)) {
      assertThat(reader.call("GET", key)).isEqualTo(NIL);
      assertThat(reader.call("GET", key)).isEqualTo(NIL);
      assertThat(writer.call("SET", key, "there")).isEqualTo("+OK\r\n");
      Waiting.until("it is seen", () -> reader.call("GET", key).equals(bulk("there")));
    }
  }

  @Test
  void writes_areInTheRowAndInRedis() throws Exception {
    for (String key : keys("note:%d", 12)) {
      assertThat(reader.call("GET", key)).isEqualTo(NIL);
      assertThat(writer.call("SET", key, "1")).isEqualTo("+OK\r\n");
      assertThat(writer.call("INCRBY", key, "41")).isEqualTo(":42\r\n");
      assertThat(body(key)).isEqualTo("42");
      assertThat(direct(key, "GET", key)).isEqualTo(bulk("42"));
      Waiting.until("it is seen", () -> reader.call("GET", key).equals(bulk("42")));
    }
  }

  @Test
  void largeWrites_areInTheRowAndInRedis() throws Exception {
    String value = "large ".repeat(50_000);
    for (String key : keys("note:%d", 4)) {
      assertThat(writer.call("SET", key, value)).isEqualTo("+OK\r\n");
      assertThat(writer.call("APPEND", key, value)).isEqualTo(":600000\r\n");
      assertThat(body(key)).isEqualTo(value + value);
      assertThat(direct(key, "GET", key)).isEqualTo(bulk(value + value));
    }
    assertThat(writer.call("MSET", "note:1", value, "note:2", value, "note:3", "small"))
        .isEqualTo("+OK\r\n");
    assertThat(reader.call("GET", "note:2")).isEqualTo(bulk(value));
    assertThat(writer.call("SET", "free", value)).isEqualTo("+OK\r\n");
    assertThat(reader.call("GET", "free")).isEqualTo(bulk(value));
  }

  @Test
  void writesOfSeveralSlots_areOneTransaction() throws Exception {
    List<String> keys = keys("note:%d", 9);
    List<String> mset = new ArrayList<>(List.of("MSET"));
    keys.forEach(key -> mset.addAll(List.of(key, "of " + key)));
    assertThat(writer.call(mset.toArray(String[]::new))).isEqualTo("+OK\r\n");
    for (String key : keys) {
      assertThat(body(key)).isEqualTo("of " + key);
      assertThat(direct(key, "GET", key)).isEqualTo(bulk("of " + key));
    }
    List<String> del = new ArrayList<>(List.of("DEL", "note:none"));
    del.addAll(keys);
    assertThat(writer.call(del.toArray(String[]::new))).isEqualTo(":9\r\n");
    assertThat(database.count("SELECT count(*) FROM note")).isZero();
    for (String key : keys) {
      assertThat(direct(key, "EXISTS", key)).isEqualTo(":0\r\n");
    }
  }

  @Test
  void write_whileItsSlotMoves_isInTheRowAndInRedis() throws Exception {
    RedisCluster cluster = SHARED.cluster();
    MovableSlot slot = MovableSlot.of(cluster, "moving", 0);
    String key = "note:" + slot.tag();
    assertThat(writer.call("SET", key, "before")).isEqualTo("+OK\r\n");
    SlotMove move = cluster.beginMove(slot.slot(), slot.to());
    CompletableFuture<String> write =
        CompletableFuture.supplyAsync(() -> call(writer, "SET", key, "moved"));
    move.migrate(100);
    move.end();
    assertThat(write.join()).isEqualTo("+OK\r\n");
    assertThat(body(key)).isEqualTo("moved");
    assertThat(direct(key, "GET", key)).isEqualTo(bulk("moved"));
    Waiting.until("it is seen", () -> reader.call("GET", key).equals(bulk("moved")));
    slot.comeBack();
    assertThat(writer.call("SET", key, "back")).isEqualTo("+OK\r\n");
    assertThat(direct(key, "GET", key)).isEqualTo(bulk("back"));
    Waiting.until("it is seen", () -> reader.call("GET", key).equals(bulk("back")));
  }

  @Test
  void resultOfAQuery_isForgottenByItsTags_wherever() throws Exception {
    database.execute(
        "INSERT INTO prompt SELECT n::text, 'body ' || n FROM generate_series(1, 9) n");
    for (int i = 1; i <= 9; i++) {
      String id = String.valueOf(i);
      assertThat(writer.call("NEARSIDE.QUERY", "bodies", id)).contains("body " + id);
    }
    database.execute("UPDATE prompt SET body = 'other ' || id");
    for (int i = 1; i <= 9; i++) {
      String id = String.valueOf(i);
      assertThat(reader.call("NEARSIDE.QUERY", "bodies", id)).contains("body " + id);
    }
    assertThat(writer.call("NEARSIDE.INVALIDATE", "FLEET", "TAG", "prompts:4")).startsWith(":");
    assertThat(writer.call("NEARSIDE.QUERY", "bodies", "4")).contains("other 4");
    assertThat(writer.call("NEARSIDE.QUERY", "bodies", "5")).contains("body 5");
    assertThat(writer.call("NEARSIDE.INVALIDATE", "FLEET", "TAG", "prompts")).startsWith(":");
    for (int i = 1; i <= 9; i++) {
      String id = String.valueOf(i);
      Waiting.until(
          "it is read anew", () -> reader.call("NEARSIDE.QUERY", "bodies", id).contains("other"));
    }
  }

  @Test
  void tagsOfKeys_areKnownToAll_whereverTheyAre() throws Exception {
    for (String key : keys("note:%d", 6)) {
      assertThat(writer.call("SET", key, "tagged")).isEqualTo("+OK\r\n");
      assertThat(writer.call("NEARSIDE.TAG", key, "own:" + key, "all")).isEqualTo(":2\r\n");
      Waiting.until(
          "it is forgotten by its tag, once it was held",
          () -> {
            reader.call("GET", key);
            return reader.call("NEARSIDE.INVALIDATE", "TAG", "own:" + key).equals(":1\r\n");
          });
    }
  }

  private static List<String> keys(String format, int count) {
    return IntStream.rangeClosed(1, count).mapToObj(format::formatted).toList();
  }

  private static String direct(String key, String... command) throws IOException {
    try (RespClient client = RespClient.connect(SHARED.cluster().primaryOf(key).port())) {
      return client.call(command);
    }
  }

  private static String call(RespClient client, String... command) {
    try {
      return client.call(command);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private double asked() throws IOException {
    return first.metric(ROWS_ASKED) + second.metric(ROWS_ASKED);
  }

  private static long waiting() {
    return database.count(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
  }

  private static String body(String key) throws SQLException {
    String id = key.substring(key.indexOf(':') + 1);
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT convert_from(body, 'UTF8') FROM note WHERE id = '%s'".formatted(id))) {
      return rows.next() ? rows.getString(1) : "";
    }
  }

  private static AutoCloseable closeGate() throws SQLException {
    Connection connection = database.connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_advisory_lock(%d)".formatted(GATE));
    }
    return connection;
  }

  private static String bulk(String text) {
    return "$%d\r\n%s\r\n".formatted(text.length(), text);
  }
}
