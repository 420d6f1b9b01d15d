package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows on their way through the database, Redis and L1, seen by clients and by the metrics. */
class ThreeTiersIT {
  private static final String NIL = "$-1\r\n";
  private static final String PUBLISHED = "nearside_fills_total{result=\"published\"}";
  private static final String QUERIES = "nearside_database_queries_total{result=\"ok\"}";

  private static ThreeTiers tiers;

  private Sidecar sidecar;
  private RespClient client;
  private RespClient direct;

  @BeforeAll
  static void startServers() {
    tiers = new ThreeTiers();
  }

  @AfterAll
  static void stopServers() {
    tiers.close();
  }

  @BeforeEach
  void connect() throws IOException {
    direct = tiers.direct();
    direct.call("FLUSHALL");
    sidecar = tiers.sidecar("10s");
    client = sidecar.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    direct.close();
    sidecar.close();
  }

  /** A read of the database is dear enough: the key does not have to be asked for twice first. */
  @Test
  void get_rowAndAbsentRow_areHeldFromTheFirstRequestOn() throws IOException {
    try (Sidecar patient = tiers.sidecar("10s", "l1.admission-window=60s");
        RespClient reader = patient.connect()) {
      assertThat(reader.call("GET", "prompt:9")).isEqualTo(bulk("body 9"));
      Waiting.until("it is held", () -> patient.metric(PUBLISHED) == 1);
      assertThat(reader.call("GET", "prompt:9")).isEqualTo(bulk("body 9"));
      assertThat(patient.metric(CoherenceScene.LOCAL_GETS)).isEqualTo(1);
      assertThat(reader.call("GET", "prompt:5005")).isEqualTo(NIL);
      assertThat(reader.call("GET", "prompt:5005")).isEqualTo(NIL);
      assertThat(patient.metric(CoherenceScene.LOCAL_GETS)).isEqualTo(2);
    }
  }

  /** Under load nobody is slowed down by what a reader who may never come would like to find. */
  @Test
  void get_manyRowsAtOnce_mostAreHeldFromTheSecondRequestOn() throws Exception {
    try (Sidecar patient = tiers.sidecar("10s", "l1.admission-window=60s");
        RespClient reader = patient.connect()) {
      String[] names = new String[50];
      List<RespClient> clients = new ArrayList<>();
      try (Gate gate = tiers.closeGate()) {
        for (int i = 0; i < names.length; i++) {
          names[i] = "prompt:" + (401 + i);
          clients.add(patient.connect().send("GET", names[i]));
        }
        gate.awaitWaiting(1);
        Waiting.until(
            "every read has its lease",
            () -> patient.metric("nearside_leases_total{result=\"taken\"}") == names.length);
      }
      for (int i = 0; i < names.length; i++) {
        assertThat(clients.get(i).reply()).isEqualTo(bulk("body " + (401 + i)));
        clients.get(i).close();
      }
      assertThat(patient.metric(PUBLISHED)).isLessThan(25);
      for (String name : names) {
        reader.call("GET", name);
      }
      Waiting.until("all are held", () -> patient.metric(PUBLISHED) >= names.length);
      double local = patient.metric(CoherenceScene.LOCAL_GETS);
      for (String name : names) {
        assertThat(reader.call("GET", name)).isEqualTo(bulk("body " + name.substring(7)));
      }
      assertThat(patient.metric(CoherenceScene.LOCAL_GETS)).isEqualTo(local + names.length);
    }
  }

  @Test
  void get_row_appearsThroughTheThreeTiersInOrder() throws IOException {
    assertThat(client.call("GET", "prompt:1")).isEqualTo(bulk("body 1"));
    assertThat(hits("database", "prompt")).isEqualTo(1);
    assertThat(misses("l1", "prompt")).isEqualTo(1);
    assertThat(misses("redis", "prompt")).isGreaterThanOrEqualTo(1);
    assertThat(sidecar.metric(QUERIES)).isEqualTo(1);
    assertThat(sidecar.metric("nearside_database_batch_keys_count")).isEqualTo(1);
    assertThat(sidecar.metric("nearside_database_query_duration_seconds_count")).isEqualTo(1);

    assertThat(direct.call("GET", "prompt:1")).isEqualTo(bulk("body 1"));
    assertThat(integer(direct.call("PTTL", "prompt:1"))).isBetween(1L, 900_000L);

    awaitLocal("prompt:1", "body 1");
    long gets = tiers.redisGets();
    double before = hits("l1", "prompt");
    for (int i = 0; i < 10; i++) {
      assertThat(client.call("GET", "prompt:1")).isEqualTo(bulk("body 1"));
    }
    assertThat(tiers.redisGets()).isEqualTo(gets);
    assertThat(hits("l1", "prompt")).isEqualTo(before + 10);
    assertThat(sidecar.metric(QUERIES)).isEqualTo(1);
    assertThat(requests("fill", "get")).isGreaterThanOrEqualTo(1);
    assertThat(requests("local", "get")).isGreaterThanOrEqualTo(10);
    Waiting.until(
        "local latencies are counted with their requests",
        () -> latencies("local") == requests("local", "get"));
    assertThat(latencies("fill")).isEqualTo(requests("fill", "get"));
  }

  @Test
  void metrics_relayedAndPinnedRequests_areCountedByCommand() throws IOException {
    client.call("INCR", "counter");
    client.call("MULTI");
    client.call("INCR", "counter");
    client.call("EXEC");
    assertThat(requests("relay", "incr")).isEqualTo(1);
    assertThat(requests("pinned", "incr")).isEqualTo(1);
    assertThat(requests("pinned", "exec")).isEqualTo(1);
    assertThat(latencies("relay")).isEqualTo(1);
    assertThat(latencies("pinned")).isEqualTo(3);
    assertThat(sidecar.metric("nearside_upstream_connections{kind=\"tracked\"}")).isEqualTo(1);
    Waiting.until(
        "the administration is connected",
        () -> sidecar.metric("nearside_upstream_connections{kind=\"administration\"}") == 1);
    assertThat(breaker("redis", "closed")).isEqualTo(1);
    assertThat(breaker("database", "closed")).isEqualTo(1);
    assertThat(sidecar.metric("nearside_clients_accepted_total")).isGreaterThanOrEqualTo(1);
    assertThat(sidecar.metric("nearside_sent_bytes_total")).isGreaterThan(4);
  }

  @Test
  void get_notFound_isRememberedBriefly_thenFoundAfterInsertion() throws IOException {
    assertThat(client.call("GET", "prompt:5001")).isEqualTo(NIL);
    assertThat(client.call("GET", "prompt:5001")).isEqualTo(NIL);
    assertThat(sidecar.metric("nearside_l1_negative_hits_total")).isEqualTo(1);
    assertThat(sidecar.metric(QUERIES)).isEqualTo(1);
    assertThat(misses("database", "prompt")).isEqualTo(1);
    tiers.database().execute("INSERT INTO prompt VALUES (5001, 'late')");
    Waiting.until(
        "the absence is forgotten", () -> client.call("GET", "prompt:5001").equals(bulk("late")));
  }

  @Test
  void get_notFound_deletedThroughTheSidecar_isForgottenAtOnce() throws IOException {
    assertThat(client.call("GET", "prompt:5002")).isEqualTo(NIL);
    tiers.database().execute("INSERT INTO prompt VALUES (5002, 'at once')");
    assertThat(client.call("DEL", "prompt:5002")).isEqualTo(":0\r\n");
    assertThat(client.call("GET", "prompt:5002")).isEqualTo(bulk("at once"));
  }

  @Test
  void get_rowChangedAndKeyDeleted_showsTheNewRow() throws IOException {
    assertThat(client.call("GET", "prompt:2")).isEqualTo(bulk("body 2"));
    awaitLocal("prompt:2", "body 2");
    tiers.database().execute("UPDATE prompt SET body = 'changed' WHERE id = 2");
    assertThat(client.call("DEL", "prompt:2")).isEqualTo(":1\r\n");
    assertThat(client.call("GET", "prompt:2")).isEqualTo(bulk("changed"));
    assertThat(direct.call("GET", "prompt:2")).isEqualTo(bulk("changed"));
  }

  @Test
  void mget_overThreeTiers_isInOrder() throws IOException {
    client.call("GET", "prompt:10");
    awaitLocal("prompt:10", "body 10");
    direct.call("SET", "prompt:11", "only in Redis");
    String expected =
        "*6\r\n"
            + bulk("body 10")
            + bulk("only in Redis")
            + bulk("body 12")
            + NIL
            + NIL
            + bulk("body 10");
    for (int i = 0; i < 3; i++) {
      assertThat(
              client.call(
                  "MGET",
                  "prompt:10",
                  "prompt:11",
                  "prompt:12",
                  "prompt:9999",
                  "plain",
                  "prompt:10"))
          .isEqualTo(expected);
    }
    assertThat(direct.call("GET", "prompt:12")).isEqualTo(bulk("body 12"));
  }

  @Test
  void mget_manyRows_isFewStatements() throws IOException, SQLException {
    List<String> request = new ArrayList<>(List.of("MGET"));
    StringBuilder expected = new StringBuilder("*100\r\n");
    for (int i = 101; i <= 200; i++) {
      request.add("prompt:" + i);
      expected.append(bulk("body " + i));
    }
    try (Gate gate = tiers.closeGate()) {
      client.send(request.toArray(String[]::new));
      gate.awaitWaiting(1);
      Waiting.until("all are asked for", () -> leasesTaken() == 100);
    }
    assertThat(client.reply()).isEqualTo(expected.toString());
    assertThat(sidecar.metric(QUERIES)).isLessThan(20);
  }

  @Test
  void get_hundredClientsHundredKeys_isFewStatements() throws IOException, SQLException {
    List<RespClient> clients = new ArrayList<>();
    try (Gate gate = tiers.closeGate()) {
      for (int i = 0; i < 100; i++) {
        clients.add(sidecar.connect().send("GET", "prompt:" + (201 + i)));
      }
      gate.awaitWaiting(1);
      Waiting.until("every read has its lease and is queued", () -> leasesTaken() == 100);
    }
    for (int i = 0; i < 100; i++) {
      assertThat(clients.get(i).reply()).isEqualTo(bulk("body " + (201 + i)));
      clients.get(i).close();
    }
    assertThat(sidecar.metric(QUERIES)).isLessThan(20);
  }

  @Test
  void mget_nameLongerThanAnyEntry_isReadAtRedis() throws IOException {
    String longName = "prompt:" + "9".repeat(20_000);
    for (int i = 0; i < 3; i++) {
      assertThat(client.call("MGET", "prompt:1", longName))
          .isEqualTo("*2\r\n" + bulk("body 1") + NIL);
    }
  }

  @Test
  void get_fiftyClientsOneKey_isOneRead() throws IOException, SQLException {
    List<RespClient> clients = new ArrayList<>();
    try (Gate gate = tiers.closeGate()) {
      for (int i = 0; i < 50; i++) {
        clients.add(sidecar.connect().send("GET", "prompt:20"));
      }
      gate.awaitWaiting(1);
      Waiting.until("all have joined", () -> sidecar.metric("nearside_fills_joined_total") == 49);
    }
    for (RespClient each : clients) {
      assertThat(each.reply()).isEqualTo(bulk("body 20"));
      each.close();
    }
    assertThat(sidecar.metric(QUERIES)).isEqualTo(1);
    assertThat(sidecar.metric("nearside_database_batch_keys_sum")).isEqualTo(1);
  }

  @Test
  void get_compositeKey_wholeRow_bytea_unicode() throws IOException {
    assertThat(client.call("GET", "result:visits:2026-01-01")).isEqualTo(bulk("17"));
    assertThat(client.call("GET", "result:visits:2026-01-02")).isEqualTo(NIL);
    assertThat(client.call("MGET", "result:clicks:2026-01-02", "result:clicks:2026-01-01"))
        .isEqualTo("*2\r\n" + bulk("4") + NIL);
    String row = new String("Zoë".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    assertThat(client.call("GET", "account:1"))
        .contains("\"name\":\"" + row + "\"")
        .contains("\"plan\":\"team\"");
    String name =
        new String("picture:größe".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    String bytes = "$5\r\n\u0000\r\n\u00ff$\r\n";
    assertThat(client.call("GET", name)).isEqualTo(bytes);
    assertThat(direct.call("GET", name)).isEqualTo(bytes);
    Waiting.until("its name is local", () -> localHitsGrow(name, bytes));
    assertThat(client.call("GET", "picture:none")).isEqualTo(NIL);
  }

  @Test
  void get_keyThatDoesNotMatchItsTemplate_isPlainRedis() throws IOException {
    for (String key :
        List.of("prompt:abc", "prompt:", "prompt:1:2", "prompt:01x", "prompt:\u00ff")) {
      assertThat(client.call("GET", key)).isEqualTo(NIL);
      assertThat(client.call("SET", key, "plain")).isEqualTo("+OK\r\n");
      assertThat(client.call("GET", key)).isEqualTo(bulk("plain"));
    }
    assertThat(sidecar.metric(QUERIES)).isZero();
  }

  @Test
  void get_inPipelineBehindLaneCommands_readsThrough() throws IOException {
    client.send("INCR", "counter").send("GET", "prompt:30").send("SET", "prompt:31", "mine");
    client.send("GET", "prompt:31").send("DEL", "prompt:31").send("GET", "prompt:31");
    assertThat(client.reply()).isEqualTo(":1\r\n");
    assertThat(client.reply()).isEqualTo(bulk("body 30"));
    assertThat(client.reply()).isEqualTo("+OK\r\n");
    assertThat(client.reply()).isEqualTo(bulk("mine"));
    assertThat(client.reply()).isEqualTo(":1\r\n");
    assertThat(client.reply()).isEqualTo(bulk("body 31"));
  }

  @Test
  void get_inPipelineBeforeAWriteOfItsKey_doesNotSeeThatWrite() throws IOException {
    for (int i = 21; i < 31; i++) {
      String key = "prompt:" + i;
      client.sendRaw("SET a 1\r\nGET " + key + "\r\nSET " + key + " mine\r\nGET " + key + "\r\n");
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      assertThat(client.reply()).isEqualTo(bulk("body " + i));
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      assertThat(client.reply()).isEqualTo(bulk("mine"));
    }
  }

  @Test
  void get_onPinnedConnection_readsThrough_insideMultiItIsRedisOwn() throws IOException {
    client.send("MULTI").send("GET", "prompt:40").send("EXEC").send("GET", "prompt:40");
    assertThat(client.reply()).isEqualTo("+OK\r\n");
    assertThat(client.reply()).isEqualTo("+QUEUED\r\n");
    assertThat(client.reply()).isEqualTo("*1\r\n" + NIL);
    assertThat(client.reply()).isEqualTo(bulk("body 40"));
    client.send("INCR", "other").send("GET", "prompt:41").send("MGET", "prompt:41", "prompt:42");
    assertThat(client.reply()).isEqualTo(":1\r\n");
    assertThat(client.reply()).isEqualTo(bulk("body 41"));
    assertThat(client.reply()).isEqualTo("*2\r\n" + bulk("body 41") + bulk("body 42"));
  }

  /** Reads until a read is answered from memory. */
  private void awaitLocal(String key, String value) {
    Waiting.until(key + " is local", () -> localHitsGrow(key, bulk(value)));
  }

  private boolean localHitsGrow(String key, String reply) throws IOException {
    double before = requests("local", "get");
    assertThat(client.call("GET", key)).isEqualTo(reply);
    return requests("local", "get") > before;
  }

  /** Returns how many reads of rows were begun, each under its key's lease. */
  private double leasesTaken() throws IOException {
    return sidecar.metric("nearside_leases_total{result=\"taken\"}");
  }

  private double hits(String tier, String namespace) throws IOException {
    return sidecar.metric(
        "nearside_hits_total{tier=\"%s\",namespace=\"%s\"}".formatted(tier, namespace));
  }

  private double misses(String tier, String namespace) throws IOException {
    return sidecar.metric(
        "nearside_misses_total{tier=\"%s\",namespace=\"%s\"}".formatted(tier, namespace));
  }

  private double requests(String way, String command) throws IOException {
    return sidecar.metric(
        "nearside_requests_total{way=\"%s\",command=\"%s\"}".formatted(way, command));
  }

  private double latencies(String way) throws IOException {
    return sidecar.metric("nearside_request_duration_seconds_count{way=\"%s\"}".formatted(way));
  }

  private double breaker(String name, String state) throws IOException {
    return sidecar.metric(
        "nearside_breaker_state{name=\"%s\",state=\"%s\"}".formatted(name, state));
  }

  private static long integer(String reply) {
    return Long.parseLong(reply.substring(1).strip());
  }

  private static String bulk(String value) {
    return "$" + value.length() + "\r\n" + value + "\r\n";
  }
}
