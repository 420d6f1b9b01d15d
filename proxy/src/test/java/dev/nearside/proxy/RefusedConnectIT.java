package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Nobody listens where the database was. Its time-out is one for which no client of these tests
 * would wait: whoever is answered was sent away.
 */
final class RefusedConnectIT {
  private static final int CLIENTS = 12;

  private static PostgresServer database;
  private static RedisServer redis;
  private static Sidecar sidecar;

  private RespClient client;

  @BeforeAll
  static void startServers() throws IOException {
    database = PostgresServer.start();
    database.execute(
        "CREATE TABLE prompt (id bigint PRIMARY KEY, body text)",
        "INSERT INTO prompt SELECT n, 'body ' || n FROM generate_series(1, 100) n",
        "CREATE TABLE through (id bigint PRIMARY KEY, body text)",
        "CREATE TABLE behind (id bigint PRIMARY KEY, body text)");
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
        database:
          table: prompt
          value: body
      through:
        keys: through:{id:bigint}
        l2-ttl: 10m
        database:
          table: through
          value: body
          write: through
      behind:
        keys: behind:{id:bigint}
        l2-ttl: 10m
        database:
          table: behind
          value: body
          write: behind
    database:
      url: %s
      user: %s
      pool-size: 4
      timeout: 60s
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
  void connect() throws IOException {
    client = sidecar.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
  }

  @Test
  void eachIsToldAtOnce_andServedAgainWhenItIsBack() throws Exception {
    assertThat(client.call("GET", "prompt:1")).isEqualTo(bulk("body 1"));
    assertThat(client.call("SET", "through:1", "old")).isEqualTo("+OK\r\n");
    assertThat(client.call("APPEND", "behind:1", "old")).isEqualTo(":3\r\n");
    for (int round = 2; round < 4; round++) {
      database.kill();
      try {
        for (int i = 1; i <= CLIENTS; i++) {
          assertThat(client.call("SET", "through:1", "new")).startsWith("-ERR nothing was written");
          assertThat(client.call("APPEND", "through:1", "new"))
              .startsWith("-ERR nothing was written");
          assertThat(client.call("APPEND", "behind:" + round + i, "new")).startsWith("-ERR ");
          assertThat(client.call("GET", "prompt:" + round + i))
              .startsWith("-TRYAGAIN database unavailable");
        }
        manyAtOnce(round);
      } finally {
        database.restart();
      }
      String missed = "prompt:" + round + 1;
      Waiting.until("it is read", () -> client.call("GET", missed).startsWith("$"));
      Waiting.until(
          "it is written", () -> client.call("SET", "through:1", "old").equals("+OK\r\n"));
      String behind = "behind:" + round + 1;
      Waiting.until("it is looked up", () -> client.call("APPEND", behind, "!").startsWith(":"));
    }
  }

  private static void manyAtOnce(int round) throws IOException {
    List<RespClient> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(sidecar.connect());
      clients.getLast().send("GET", "prompt:" + round + i).send("SET", "through:" + i, "new");
    }
    for (RespClient each : clients) {
      assertThat(each.reply()).startsWith("-TRYAGAIN database unavailable");
      assertThat(each.reply()).startsWith("-ERR nothing was written");
      each.close();
    }
  }
}
