package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shipped schema is loaded, and each query of the shipped configurations answers from it. */
class ShippedQueriesIT {
  private static final Map<String, String> ROWS =
      Map.of(
          "user:1", "\"email\":\"ada@example.org\"",
          "rule:refund-limit", "\"max\": 250",
          "session:4f2a", "\"cart\": [\"tea\"]",
          "analytics:visits:2026-01-02", "19871",
          "prompt:2", "Translate the text below into plain English.");

  private static PostgresServer database;
  private static RedisServer redis;

  @BeforeAll
  static void startServers() throws IOException {
    database = PostgresServer.start();
    database.execute(Files.readString(checkout("docker/postgres/schema.sql")));
    redis = RedisServer.start();
  }

  @AfterAll
  static void stopServers() {
    redis.close();
    database.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"config/nearside.yaml", "docker/nearside.yaml"})
  void queries_ofTheShippedConfiguration_answer(String file) throws IOException {
    try (Sidecar sidecar = sidecar(file);
        RespClient client = sidecar.awaitReady().connect()) {
      client.call("FLUSHALL");
      for (Map.Entry<String, String> row : ROWS.entrySet()) {
        assertThat(client.call("GET", row.getKey())).as(row.getKey()).contains(row.getValue());
      }
      for (String absent : new String[] {"user:99", "rule:x", "session:x", "prompt:99"}) {
        assertThat(client.call("GET", absent)).as(absent).isEqualTo("$-1\r\n");
      }
      assertThat(client.call("GET", "analytics:visits:2031-01-01")).isEqualTo("$-1\r\n");
      assertThat(sidecar.metric("nearside_database_queries_total{result=\"error\"}")).isZero();
    }
  }

  @Test
  void cachedQuery_ofTheExample_answers() throws IOException {
    try (Sidecar sidecar = sidecar("config/nearside.yaml");
        RespClient client = sidecar.awaitReady().connect()) {
      assertThat(client.call("NEARSIDE.QUERY", "accounts-on-plan", "team"))
          .contains("[{\"id\":1,\"name\":\"Ada Marten\",\"email\":\"ada@example.org\"}]");
    }
  }

  private static Sidecar sidecar(String file) throws IOException {
    String yaml = Files.readString(checkout(file)).replaceFirst("(?m)^  password-file: .*\\R", "");
    return Sidecar.configured(
        yaml,
        redis.port(),
        "database.url=" + database.jdbcUrl(),
        "database.user=" + PostgresServer.USER);
  }

  private static Path checkout(String file) {
    Path here = Path.of("").toAbsolutePath();
    return Files.exists(here.resolve(file)) ? here.resolve(file) : here.getParent().resolve(file);
  }
}
