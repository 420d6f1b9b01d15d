package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A configuration that does not fit the database stops the start, or one namespace if later. */
class MisfitIT {
  private static PostgresServer database;
  private static RedisServer redis;

  @TempDir Path folder;

  @BeforeAll
  static void startServers() {
    database = PostgresServer.start();
    database.execute(
        "CREATE TABLE prompt (id bigint PRIMARY KEY, body text)",
        "INSERT INTO prompt VALUES (1, 'one')");
    redis = RedisServer.start();
  }

  @AfterAll
  static void stopServers() {
    redis.close();
    database.close();
  }

  private static String yaml() {
    return """
    database:
      url: %s
      user: postgres
      timeout: 5s
    namespaces:
      rule:
        keys: rule:{name}
        l2-ttl: 1h
        database:
          query: SELECT name FROM prompt WHERE name = ANY(:name)
      prompt:
        keys: prompt:{id:bigint}
        l2-ttl: 1h
        database:
          table: prompt
          value: body
      user:
        keys: user:{id:bigint}
        l2-ttl: 1h
        database:
          table: public.account
          when-unavailable: nil
    """
        .formatted(database.jdbcUrl());
  }

  @Test
  void start_whatDoesNotFit_isRefusedWithItsLine() throws Exception {
    assertRefused("run");
  }

  @Test
  void checkConfig_whatDoesNotFit_isRefusedWithItsLine() throws Exception {
    assertRefused("check-config", "--database");
  }

  private void assertRefused(String... verb) throws IOException {
    Path file = Files.writeString(folder.resolve("nearside.yaml"), yaml());
    StringWriter err = new StringWriter();
    CommandLine commandLine = Verbs.commandLine(Map.of());
    commandLine.setErr(new PrintWriter(err));
    List<String> line = new ArrayList<>(List.of(verb));
    line.addAll(List.of("--config", file.toString()));
    line.addAll(List.of("--upstream", "redis://127.0.0.1:" + redis.port()));
    line.addAll(List.of("--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"));
    int status = commandLine.execute(line.toArray(String[]::new));
    assertThat(err.toString())
        .isEqualTo(
            file
                + ":10: namespaces.rule.database.query: the database says: column \"name\" does not"
                + " exist\n"
                + file
                + ":21: namespaces.user.database.table: the database says: relation"
                + " \"public.account\" does not exist\n");
    assertThat(status).isEqualTo(2);
  }

  @Test
  void reads_whatIsFoundLater_isAnErrorThatSaysSo() throws Exception {
    database.stop();
    Sidecar sidecar;
    try {
      sidecar = Sidecar.configured(yaml(), redis.port());
    } finally {
      database.restart();
    }
    try (sidecar;
        RespClient client = sidecar.awaitReady().connect()) {
      for (int i = 0; i < 15; i++) { // more than open a breaker
        assertThat(client.call("GET", "user:" + i))
            .isEqualTo(
                "-ERR the database is not what namespace user is configured for; the sidecar's log"
                    + " says more\r\n");
      }
      assertThat(client.call("GET", "prompt:1")).isEqualTo(bulk("one"));
      client.call("SET", "rule:x", "in Redis");
      assertThat(client.call("GET", "rule:x")).isEqualTo(bulk("in Redis"));
    }
  }
}
