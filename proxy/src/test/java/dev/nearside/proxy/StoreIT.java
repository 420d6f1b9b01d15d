package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.StoreRow;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.tier.database.StoredValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys of the long-term store on their way through Redis and L1. */
class StoreIT {
  private static final String NIL = "$-1\r\n";

  private static PostgresServer database;
  private static RedisServer redis;
  private static Sidecar sidecar;

  @TempDir Path folder;

  @BeforeAll
  static void startServers() throws IOException {
    database = PostgresServer.start();
    redis = RedisServer.start();
    sidecar = Sidecar.configured(yaml("store: true"), redis.port()).awaitReady();
    Waiting.until(
        "it can take leases",
        () -> sidecar.metric("nearside_upstream_connections{kind=\"leases\"}") == 1);
  }

  @AfterAll
  static void stopServers() {
    sidecar.close();
    redis.close();
    database.close();
  }

  private static String yaml(String rows) {
    return """
    database:
      url: %s
      user: postgres
      timeout: 10s
    l1:
      admission-window: 0s
    namespaces:
      rule:
        keys: rule:{name}
        l2-ttl: 1h
        negative-ttl: 1ms
        database: {%s}
    """
        .formatted(database.jdbcUrl(), rows);
  }

  @Test
  void get_storedValue_isPutIntoRedisAndHeld() throws IOException {
    String large = "large ".repeat(1_000);
    StoreRow.put(database, "rule:large", large);
    try (RespClient client = sidecar.connect();
        RespClient direct = RespClient.connect(redis.port())) {
      assertThat(client.call("GET", "rule:none")).isEqualTo(NIL);
      assertThat(client.call("GET", "rule:large")).isEqualTo(bulk(large));
      assertThat(direct.call("GET", "rule:large")).isEqualTo(bulk(large));
      assertThat(pttl(direct, "rule:large")).isBetween(3_500_000L, 3_600_000L);
      Waiting.until(
          "it is answered from memory",
          () -> {
            client.call("GET", "rule:large");
            return sidecar.metric("nearside_hits_total{tier=\"l1\",namespace=\"rule\"}") > 0;
          });
    }
  }

  /** The row's life is shorter than what the namespace gives to values in Redis. */
  @Test
  void get_valueThatExpires_livesNowhereLonger() throws IOException {
    StoreRow.put(database, "rule:short", "x", 2_500);
    long putNs = System.nanoTime();
    try (RespClient client = sidecar.connect();
        RespClient direct = RespClient.connect(redis.port())) {
      assertThat(client.call("GET", "rule:short")).isEqualTo(bulk("x"));
      assertThat(pttl(direct, "rule:short")).isBetween(1L, 2_500L);
      Waiting.until("the row has expired", () -> System.nanoTime() - putNs > 2_510_000_000L);
      assertThat(direct.call("GET", "rule:short")).isEqualTo(NIL);
      assertThat(client.call("GET", "rule:short")).isEqualTo(NIL);
    }
  }

  @Test
  void get_valueThatCannotBeRead_isAnError() throws IOException {
    StoredValue unknown = new StoredValue((short) 9, new byte[1]);
    StoreRow.put(database, "rule:unknown".getBytes(UTF_8), unknown, null);
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("GET", "rule:unknown"))
          .isEqualTo("-TRYAGAIN database unavailable: error, retry later\r\n");
    }
  }

  @Test
  void start_whereTheTablesAreThere_loadsNothingOfFlyway() throws IOException {
    Path file = Files.writeString(folder.resolve("nearside.yaml"), yaml("store: true"));
    Path log = folder.resolve("classes.log");
    List<String> arguments =
        List.of("--config", file.toString(), "--upstream", "redis://127.0.0.1:" + redis.port());
    try (SidecarProcess process =
        SidecarProcess.run(arguments, List.of("-Xlog:class+load:file=" + log))) {
      process.awaitListening();
    }
    String loaded = Files.readString(log);
    assertThat(loaded).contains("dev.nearside.proxy.tier.database.StoreLayout");
    assertThat(loaded).doesNotContain("org.flywaydb");
  }

  private static long pttl(RespClient direct, String key) throws IOException {
    String reply = direct.call("PTTL", key);
    return Long.parseLong(reply.substring(1, reply.length() - 2));
  }
}
