package dev.nearside.proxy;

import dev.nearside.proxy.scene.MovableSlot;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedCluster;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SlotMove;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows that are changed by SQL, in front of a cluster. */
final class ClusterCaptureIT {
  private static final int ROWS = 40;

  @RegisterExtension private static final SharedCluster SHARED = new SharedCluster();

  private static PostgresServer database;

  private Sidecar first;
  private Sidecar second;
  private RespClient client;
  private RespClient other;

  @BeforeAll
  static void startDatabase() {
    database = PostgresServer.start("wal_level=logical");
    database.execute("CREATE TABLE prompt (id text PRIMARY KEY, body text)");
  }

  @AfterAll
  static void stopDatabase() {
    database.close();
  }

  @BeforeEach
  void connect() throws IOException {
    database.execute(
        "TRUNCATE prompt",
        "INSERT INTO prompt SELECT n::text, 'old' FROM generate_series(1, %d) n".formatted(ROWS));
    first = sidecar();
    second = sidecar();
    client = first.connect();
    other = second.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    other.close();
    first.close();
    second.close();
  }

  private static Sidecar sidecar() throws IOException {
    String yaml =
        """
        l1:
          admission-window: 0s
        namespaces:
          prompt:
            keys: prompt:{id}
            l2-ttl: 10m
            negative-ttl: 10m
            database:
              table: prompt
              value: body
        database:
          url: %s
          user: %s
          pool-size: 4
          timeout: 5s
          capture: [public.prompt]
        """
            .formatted(database.jdbcUrl(), PostgresServer.USER);
    String addresses = String.join(",", SHARED.cluster().addresses());
    return Sidecar.configured(yaml, 0, "upstream.uri=redis-cluster://" + addresses).awaitReady();
  }

  private void awaitReader() {
    Waiting.until(
        "changes are read", () -> CaptureScene.isReading(first) || CaptureScene.isReading(second));
  }

  @Test
  void changes_areSeenThroughBoth_whereverTheirKeysAre() throws Exception {
    awaitReader();
    keys().forEach(key -> awaitInRedis(key, "old"));
    for (String round : List.of("new", "newer")) {
      database.execute("UPDATE prompt SET body = '%s'".formatted(round));
      keys().forEach(key -> awaitBoth(key, round));
      keys().forEach(key -> awaitInRedis(key, round));
    }
    database.execute("DELETE FROM prompt");
    keys().forEach(key -> Waiting.until("it is gone", () -> isGone(key)));
    database.execute("INSERT INTO prompt SELECT n::text, 'back' FROM generate_series(1, 40) n");
    keys().forEach(key -> awaitBoth(key, "back"));
  }

  @Test
  void nothingIsPutIntoRedis_whileNobodyReads() throws Exception {
    try (Sidecar alone = first;
        RespClient asking = client) {
      awaitReader();
      keys().forEach(key -> awaitInRedis(key, "old"));
    }
    second.close(); // so nobody is left, and Redis keeps what it has
    database.execute("UPDATE prompt SET body = 'unseen'");
    first = sidecar();
    second = sidecar();
    client = first.connect();
    other = second.connect();
    awaitReader();
    keys().forEach(key -> awaitBoth(key, "unseen"));
  }

  @Test
  void change_ofAKeyWhoseSlotMoves_isNotLost() throws Exception {
    MovableSlot slot = MovableSlot.of(SHARED.cluster(), "captured", 1);
    String id = slot.tag();
    String key = "prompt:" + id;
    database.execute("INSERT INTO prompt VALUES ('%s', 'old')".formatted(id));
    awaitReader();
    awaitInRedis(key, "old");
    SlotMove move = SHARED.cluster().beginMove(slot.slot(), slot.to());
    move.migrate(100);
    database.execute("UPDATE prompt SET body = 'new' WHERE id = '%s'".formatted(id));
    awaitBoth(key, "new");
    move.end();
    awaitReader();
    awaitBoth(key, "new");
    database.execute("UPDATE prompt SET body = 'newest' WHERE id = '%s'".formatted(id));
    awaitBoth(key, "newest");
    slot.comeBack();
    awaitBoth(key, "newest");
  }

  private static List<String> keys() {
    return IntStream.rangeClosed(1, ROWS).mapToObj(n -> "prompt:" + n).toList();
  }

  private boolean isGone(String key) throws IOException {
    return client.call("GET", key).equals("$-1\r\n") && other.call("GET", key).equals("$-1\r\n");
  }

  private void awaitBoth(String key, String value) {
    String reply = CaptureScene.bulk(value);
    Waiting.until(
        key + " is " + value,
        () -> client.call("GET", key).equals(reply) && other.call("GET", key).equals(reply));
  }

  /** Reads it until it was put there. */
  private void awaitInRedis(String key, String value) {
    String reply = CaptureScene.bulk(value);
    Waiting.until(
        key + " is in Redis",
        () -> {
          client.call("GET", key);
          try (RespClient direct = RespClient.connect(SHARED.cluster().primaryOf(key).port())) {
            return direct.call("GET", key).equals(reply);
          }
        });
  }
}
