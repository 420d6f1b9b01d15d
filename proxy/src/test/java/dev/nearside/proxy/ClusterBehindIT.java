package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Drains;
import dev.nearside.proxy.scene.MovableSlot;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedCluster;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SlotMove;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Writes that the database takes later, through two sidecars in front of a cluster. */
final class ClusterBehindIT {
  private static final int KEYS = 40;
  private static final String DEPTH = "nearside_outbox_depth{namespace=\"note\"}";
  private static final String NIL = "$-1\r\n";
  private static final String OK = "+OK\r\n";

  @RegisterExtension private static final SharedCluster SHARED = SharedCluster.emptiedOnce();

  private static PostgresServer database;
  private static Sidecar first;
  private static Sidecar second;
  private static int test;

  private RespClient writer;
  private RespClient reader;

  @BeforeAll
  static void start() throws IOException {
    database = PostgresServer.start();
    database.execute(
        "CREATE TABLE note (id text PRIMARY KEY, body text CHECK (body <> 'forbidden'))");
    first = sidecar();
    second = sidecar();
  }

  @AfterAll
  static void end() {
    first.close();
    second.close();
    database.close();
  }

  /** Each test has keys of its own. */
  @BeforeEach
  void connect() throws IOException {
    database.execute("TRUNCATE note");
    test++;
    writer = first.connect();
    reader = second.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    writer.close();
    reader.close();
  }

  private static Sidecar sidecar() throws IOException {
    String yaml =
        """
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
              write: behind
              durability: weaker
              outbox-limit: 100
        database:
          url: %s
          user: %s
          pool-size: 4
          timeout: 5s
        """
            .formatted(database.jdbcUrl(), PostgresServer.USER);
    String addresses = String.join(",", SHARED.cluster().addresses());
    Sidecar sidecar =
        Sidecar.configured(yaml, 0, "upstream.uri=redis-cluster://" + addresses).awaitReady();
    Waiting.until(
        "it has all primaries",
        () -> sidecar.metric("nearside_upstream_connections{kind=\"leases\"}") == 3);
    return sidecar;
  }

  @Test
  void writes_areInRedisAtOnce_andInTheirRowsSoon() throws Exception {
    for (String key : keys()) {
      assertThat(reader.call("GET", key)).isEqualTo(NIL);
      assertThat(writer.call("SET", key, "1")).isEqualTo(OK);
      assertThat(direct(key, "GET", key)).isEqualTo(CaptureScene.bulk("1"));
      assertThat(reader.call("INCRBY", key, "41")).isEqualTo(":42\r\n");
      assertThat(writer.call("GET", key)).isEqualTo(CaptureScene.bulk("42"));
    }
    awaitRows("count(*) = %d AND min(body) = '42' AND max(body) = '42'".formatted(KEYS));
  }

  @Test
  void writesOfSeveralSlots_areMadeInEach() throws Exception {
    List<String> mset = new ArrayList<>(List.of("MSET"));
    keys().forEach(key -> mset.addAll(List.of(key, "of " + key)));
    assertThat(writer.call(mset.toArray(String[]::new))).isEqualTo(OK);
    for (String key : keys()) {
      assertThat(direct(key, "GET", key)).isEqualTo(CaptureScene.bulk("of " + key));
    }
    awaitRows("count(*) = %d AND bool_and(body = 'of note:' || id)".formatted(KEYS));
    List<String> del = new ArrayList<>(List.of("DEL", key("none")));
    del.addAll(keys());
    assertThat(reader.call(del.toArray(String[]::new))).isEqualTo(":%d\r\n".formatted(KEYS));
    awaitRows("count(*) = 0");
    assertThat(writer.call("MSETNX", key("1"), "a", key("2"), "b")).startsWith("-CROSSSLOT");
    assertThat(writer.call("MSETNX", key("{x}1"), "a", key("{x}2"), "b")).isEqualTo(":1\r\n");
    awaitRows("count(*) = 2");
  }

  @Test
  void whatIsPending_isRead_thoughRedisHasForgottenIt_andNotFlushed() throws Exception {
    try (Connection held = Drains.hold(database)) {
      for (String key : keys()) {
        assertThat(writer.call("SET", key, "pending")).isEqualTo(OK);
        direct(key, "DEL", key);
        assertThat(reader.call("GET", key)).isEqualTo(CaptureScene.bulk("pending"));
      }
      assertThat(reader.call("FLUSHALL")).contains("nothing was flushed", "namespace note");
      for (String key : keys()) {
        assertThat(direct(key, "GET", key)).isEqualTo(CaptureScene.bulk("pending"));
      }
      held.rollback();
    }
    awaitRows("count(*) = %d AND bool_and(body = 'pending')".formatted(KEYS));
    Waiting.until("nothing is pending", () -> reader.call("FLUSHALL").equals(OK));
    assertThat(writer.call("GET", keys().getFirst())).isEqualTo(CaptureScene.bulk("pending"));
  }

  @Test
  void whatIsPending_isBounded() throws Exception {
    try (Connection held = Drains.hold(database)) {
      Waiting.until(
          "no more is taken",
          () -> {
            for (int i = 0; i < 20; i++) {
              String said = writer.call("SET", key("more" + System.nanoTime()), "x");
              if (said.startsWith(
                  "-ERR nothing was written: the outbox of namespace note is full")) {
                return true;
              }
            }
            return false;
          });
      held.rollback();
    }
    Waiting.until("more is taken again", () -> writer.call("SET", key("1"), "x").equals(OK));
    Waiting.until(
        "nothing waits any more", () -> first.metric(DEPTH) == 0 && second.metric(DEPTH) == 0);
  }

  @Test
  void whatASidecarLeft_isDrainedByAnother() throws Exception {
    try (Connection held = Drains.hold(database)) {
      for (String key : keys()) {
        assertThat(writer.call("SET", key, "left")).isEqualTo(OK);
      }
      writer.close();
      first.close();
      held.rollback();
    }
    awaitRows("count(*) = %d AND bool_and(body = 'left')".formatted(KEYS));
    first = sidecar();
  }

  @Test
  void slotThatMoves_takesWhatIsPendingAlong() throws Exception {
    MovableSlot slot = MovableSlot.of(SHARED.cluster(), "behind", 2);
    String key = "note:" + slot.tag();
    try (Connection held = Drains.hold(database)) {
      assertThat(writer.call("SET", key, "before")).isEqualTo(OK);
      SlotMove move = SHARED.cluster().beginMove(slot.slot(), slot.to());
      move.migrate(1);
      move.end();
      assertThat(writer.call("APPEND", key, " and after")).isEqualTo(":16\r\n");
      held.rollback();
    }
    awaitRows("bool_and(body = 'before and after')");
    slot.comeBack();
    assertThat(reader.call("SET", key, "back")).isEqualTo(OK);
    awaitRows("bool_and(body = 'back')");
  }

  @Test
  void whatTheDatabaseNeverTakes_isPutAside_andReplayedOrDropped() throws Exception {
    assertThat(writer.call("SET", key("1"), "forbidden")).isEqualTo(OK);
    assertThat(writer.call("SET", key("2"), "forbidden")).isEqualTo(OK);
    assertThat(writer.call("SET", key("3"), "fine")).isEqualTo(OK);
    awaitRows("count(*) = 1");
    Waiting.until("two are aside", () -> ids().size() == 2);
    for (String id : ids()) {
      assertThat(id).matches("\\d+/\\d+-\\d+");
    }
    assertThat(writer.call("GET", key("1"))).isEqualTo(NIL);
    assertThat(reader.call("NEARSIDE.OUTBOX", "DROP", "note", ids().getFirst()))
        .isEqualTo(":1\r\n");
    database.execute("ALTER TABLE note DROP CONSTRAINT note_body_check");
    assertThat(reader.call("NEARSIDE.OUTBOX", "REPLAY", "note", ids().getFirst()))
        .isEqualTo(":1\r\n");
    awaitRows("count(*) = 2");
    assertThat(ids()).isEmpty();
    database.execute("DELETE FROM note", "ALTER TABLE note ADD CHECK (body <> 'forbidden')");
  }

  private List<String> ids() throws IOException {
    return reader
        .call("NEARSIDE.OUTBOX", "DEAD", "note")
        .lines()
        .filter(line -> line.matches("[0-9/]+-[0-9]+"))
        .toList();
  }

  private static List<String> keys() {
    return IntStream.rangeClosed(1, KEYS).mapToObj(n -> key("" + n)).toList();
  }

  private static String key(String name) {
    return "note:of-" + test + "-" + name;
  }

  private static void awaitRows(String condition) {
    Waiting.until(
        "the rows are such that " + condition,
        () ->
            database.count(
                    "SELECT count(*) FROM (SELECT FROM note HAVING %s) t".formatted(condition))
                == 1);
  }

  private static String direct(String key, String... command) throws IOException {
    try (RespClient client = RespClient.connect(SHARED.cluster().primaryOf(key).port())) {
      return client.call(command);
    }
  }
}
