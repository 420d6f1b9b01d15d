package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Drains;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests above 64 KiB that write keys which the database takes too, before or behind. */
final class LargeWriteIT {
  private static final int MIB = 1 << 20;
  private static final String PINNED = "nearside_upstream_connections{kind=\"pinned\"}";
  private static final String READ = "nearside_received_bytes_total";
  private static final String CROWDED =
      "-ERR nothing was written: too many large requests are under way\r\n";
  private static final String TOO_LARGE =
      "-ERR namespace %s is written to the database: at most 8 MiB and 8192 arguments a"
          + " request\r\n";

  private static PostgresServer database;
  private static RedisServer redis;
  private static Sidecar sidecar;

  private RespClient client;
  private RespClient direct;

  @BeforeAll
  static void startServers() throws IOException {
    database = PostgresServer.start();
    database.execute(
        "CREATE TABLE through (id bigint PRIMARY KEY, body bytea)",
        "CREATE TABLE behind (id bigint PRIMARY KEY, body bytea)");
    redis = RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
    sidecar = Sidecar.configured(yaml(), redis.port()).awaitReady();
    Waiting.until(
        "it can be told of writes",
        () -> sidecar.metric("nearside_upstream_connections{kind=\"administration\"}") == 1);
  }

  private static String yaml() {
    return """
    l1:
      admission-window: 0s
    namespaces:
      through:
        keys: through:{id:bigint}
        l2-ttl: 10m
        negative-ttl: 1m
        database:
          table: through
          value: body
          write: through
      behind:
        keys: behind:{id:bigint}
        l2-ttl: 10m
        negative-ttl: 1m
        database:
          table: behind
          value: body
          write: behind
    database:
      url: %s
      user: %s
      pool-size: 4
      timeout: 4s
    """
        .formatted(database.jdbcUrl(), PostgresServer.USER);
  }

  @AfterAll
  static void stopServers() throws IOException {
    sidecar.close();
    redis.close();
    database.close();
  }

  @BeforeEach
  void connect() throws Exception {
    direct = RespClient.connect(redis.port());
    Drains.await(direct, "behind");
    direct.call("FLUSHALL");
    database.execute("TRUNCATE through", "TRUNCATE behind");
    client = sidecar.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    direct.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"through", "behind"})
  void set_isInRedisAndInTheRow(String way) throws Exception {
    String key = way + ":1";
    for (int length : new int[] {64 * 1024, 100_000, MIB, 7 * MIB}) {
      String value = text(length);
      assertThat(client.call("SET", key, value)).isEqualTo("+OK\r\n");
      assertSame(direct.call("GET", key), bulk(value));
      assertSame(client.call("GET", key), bulk(value));
      Drains.await(direct, "behind");
      assertSame(body(key), value);
    }
    assertThat(sidecar.metric(PINNED)).as("none was streamed").isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"through", "behind"})
  void eachCommand_takesLargeValues(String way) throws Exception {
    String key = way + ":1";
    String other = way + ":2";
    String value = text(200_000);
    String longer = value + value;
    assertThat(client.call("SETNX", key, value)).isEqualTo(":1\r\n");
    assertThat(client.call("APPEND", key, value)).isEqualTo(":400000\r\n");
    assertSame(client.call("GET", key), bulk(longer));
    assertThat(client.call("SETRANGE", key, "100000", value)).isEqualTo(":400000\r\n");
    String changed = value.substring(0, 100_000) + value + value.substring(100_000);
    assertSame(client.call("GET", key), bulk(changed));
    assertSame(client.call("GETSET", key, value), bulk(changed));
    assertSame(client.call("SET", key, longer, "XX", "GET"), bulk(value));
    assertThat(client.call("MSET", key, value, other, longer)).isEqualTo("+OK\r\n");
    assertThat(client.call("MSETNX", other, value, way + ":3", value)).isEqualTo(":0\r\n");
    assertSame(client.call("MGET", key, other), "*2\r\n" + bulk(value) + bulk(longer));
    Drains.await(direct, "behind");
    assertSame(body(key), value);
    assertSame(body(other), longer);
    assertThat(client.call("SETEX", key, "100", value))
        .isEqualTo(
            "-ERR namespace %s: its table does not say when a value ends\r\n".formatted(way));

    List<String> many = new ArrayList<>(List.of("MSET"));
    for (int id = 1; id <= 1_000; id++) {
      many.addAll(List.of(way + ":" + id, value.substring(id, id + 100)));
    }
    assertThat(client.call(many.toArray(String[]::new))).isEqualTo("+OK\r\n");
    Drains.await(direct, "behind");
    assertThat(database.count("SELECT count(*) FROM " + way)).isEqualTo(1_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"through", "behind"})
  void inPipelines_eachHasItsTurn(String way) throws Exception {
    String value = text(300_000);
    StringBuilder expected = new StringBuilder();
    StringBuilder seen = new StringBuilder();
    for (int id = 1; id <= 5; id++) {
      client.send("SET", way + ":" + id, "small");
      client.send("SET", way + ":" + id, value);
      client.send("APPEND", way + ":" + id, "!");
      client.send("GET", way + ":" + id);
      client.send("SET", "free", value);
      expected.append("+OK\r\n+OK\r\n:300001\r\n").append(bulk(value + "!")).append("+OK\r\n");
    }
    client.send("PING");
    for (int i = 0; i < 25; i++) {
      seen.append(client.reply());
    }
    assertSame(seen.toString(), expected.toString());
    assertThat(client.reply()).isEqualTo("+PONG\r\n");
  }

  @Test
  void inPieces_oneOfThemAtATime() throws Exception {
    String value = text(100_000);
    String request = request("SET", "through:1", value) + request("GET", "through:1");
    for (int at = 0; at < request.length(); at += 997) {
      client.sendRaw(request.substring(at, Math.min(request.length(), at + 997)));
      if (at % 10 == 0) {
        direct.call("PING"); // so that not all pieces are read together
      }
    }
    assertThat(client.reply()).isEqualTo("+OK\r\n");
    assertSame(client.reply(), bulk(value));
  }

  @ParameterizedTest
  @ValueSource(strings = {"through", "behind"})
  void aboveTheBound_isRefusedByName_andTheConnectionGoesOn(String way) throws Exception {
    String key = way + ":1";
    client.call("SET", key, "old");
    client.send("SET", key, text(8 * MIB)).send("GET", key);
    assertThat(client.reply()).isEqualTo(TOO_LARGE.formatted(way));
    assertThat(client.reply()).isEqualTo(bulk("old"));

    String part = text(3 * MIB); // above the bound only with the third
    client.send("MSET", key, part, way + ":2", part, way + ":3", part).send("GET", key);
    assertThat(client.reply()).isEqualTo(TOO_LARGE.formatted(way));
    assertThat(client.reply()).isEqualTo(bulk("old"));

    String[] many = new String[8_193];
    Arrays.fill(many, key + "000000"); // above 64 KiB
    many[0] = "DEL";
    client.send(many).send("GET", key);
    assertThat(client.reply()).isEqualTo(TOO_LARGE.formatted(way));
    assertThat(client.reply()).isEqualTo(bulk("old"));
    assertThat(direct.call("EXISTS", way + ":2", way + ":3")).isEqualTo(":0\r\n");
  }

  @Test
  void keysThatAreSeenOnlyLater_decide() throws Exception {
    String value = text(80_000);
    client.send("MSET", "free", value, "through:1", "v").send("PING");
    assertThat(client.reply())
        .isEqualTo(
            "-ERR namespace through is written to the database, other keys of this MSET are"
                + " not\r\n");
    assertThat(client.reply()).isEqualTo("+PONG\r\n");
    assertThat(client.call("MSET", "through:2", value, "behind:2", value))
        .isEqualTo(
            "-ERR the namespaces of this MSET are written to the database in different ways\r\n");
    assertThat(direct.call("DBSIZE")).isEqualTo(":0\r\n");

    client.send("MSET", "free", value, "freer", value).send("GET", "freer");
    assertThat(client.reply()).isEqualTo("+OK\r\n");
    assertSame(client.reply(), bulk(value));
    String name = text(70_000);
    client.send("SET", name, text(9 * MIB)).send("STRLEN", name);
    assertThat(client.reply()).isEqualTo("+OK\r\n");
    assertThat(client.reply()).isEqualTo(":" + 9 * MIB + "\r\n");
  }

  @Test
  void whatIsNotUnderstood_isRefusedAsBefore() throws Exception {
    String value = text(80_000);
    client.send("EVAL", "return 1 -- " + value, "1", "through:1").send("PING");
    assertThat(client.reply())
        .isEqualTo(
            "-ERR above 64 KiB this could write keys that are written to the database,"
                + " unseen\r\n");
    assertThat(client.reply()).isEqualTo("+PONG\r\n");
    client.send("LPUSH", "through:1", value).send("PING");
    assertThat(client.reply())
        .isEqualTo(
            "-ERR namespace through is written to the database, which LPUSH is not understood"
                + " for\r\n");
    assertThat(client.reply()).isEqualTo("+PONG\r\n");
    assertThat(client.call("MULTI")).isEqualTo("+OK\r\n");
    assertThat(client.call("SET", "through:1", value))
        .isEqualTo(
            "-ERR namespace through is written to the database, which no transaction can"
                + " include\r\n");
    assertThat(client.isClosed()).isTrue();
  }

  @Test
  void whoDisconnectsHalfway_leavesNothing() throws Exception {
    String half = request("SET", "through:1", text(7 * MIB)).substring(0, 5 * MIB);
    for (int i = 0; i < 6; i++) {
      try (RespClient gone = sidecar.connect()) {
        gone.sendRaw(half);
      }
    }
    assertThat(client.call("SET", "through:2", text(7 * MIB))).isEqualTo("+OK\r\n");
    assertThat(direct.call("EXISTS", "through:1")).isEqualTo(":0\r\n");
    assertThat(body("through:1")).isNull();
  }

  @Test
  void whileOthersHoldTheRoom_isReadNoFurther_andRefusedInTheEnd() throws Exception {
    String value = text(7 * MIB);
    String whole = request("SET", "through:1", value);
    try (RespClient slow = sidecar.connect();
        RespClient slower = sidecar.connect()) {
      slow.sendRaw(whole.substring(0, 100_000));
      slower.sendRaw(whole.substring(0, 100_000));
      Waiting.until("they hold it", () -> client.call("SET", "through:2", value).equals(CROWDED));
      assertThat(client.call("PING")).isEqualTo("+PONG\r\n");

      double read = sidecar.metric(READ);
      CompletableFuture<String> waits =
          CompletableFuture.supplyAsync(() -> set(client, "through:2", value));
      Waiting.until("its beginning is read", () -> sidecar.metric(READ) > read + 200_000);
      assertThat(waits).isNotDone();
      slow.sendRaw(whole.substring(100_000));
      assertThat(slow.reply()).isEqualTo("+OK\r\n");
      assertThat(waits.join()).isEqualTo("+OK\r\n");
    }
  }

  private static String set(RespClient client, String key, String value) {
    try {
      return client.call("SET", key, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertSame(String found, String expected) {
    assertThat(found != null && found.equals(expected))
        .as("%s characters, as expected", expected.length())
        .isTrue();
  }

  private static String request(String... args) {
    StringBuilder request = new StringBuilder("*" + args.length + "\r\n");
    for (String arg : args) {
      request.append('$').append(arg.length()).append("\r\n").append(arg).append("\r\n");
    }
    return request.toString();
  }

  /** Every part of it differs from every other. */
  private static String text(int length) {
    StringBuilder text = new StringBuilder(length + 16);
    for (int i = 0; text.length() < length; i++) {
      text.append(i).append('\n');
    }
    text.setLength(length);
    return text.toString();
  }

  private static String body(String key) throws SQLException {
    String table = key.substring(0, key.indexOf(':'));
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT body FROM %s WHERE id = %s"
                    .formatted(table, key.substring(table.length() + 1)))) {
      return rows.next() ? new String(rows.getBytes(1), StandardCharsets.ISO_8859_1) : null;
    }
  }
}
