package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens while Redis is away, and what an operator can do. */
class LifecycleIT {
  private static final String UNAVAILABLE = "-TRYAGAIN upstream unavailable";

  private static RedisServer gone() {
    RedisServer redis = RedisServer.start();
    redis.kill();
    return redis;
  }

  @Test
  void redisAbsent_atStart_isToldAndRecoveredFrom() throws Exception {
    int port = gone().port();
    try (Sidecar sidecar = Sidecar.inFrontOf(port);
        RespClient client = sidecar.connect();
        RespClient other = sidecar.connect()) {
      assertThat(sidecar.get("/livez").statusCode()).isEqualTo(200);
      assertThat(sidecar.get("/readyz").statusCode()).isEqualTo(503);
      for (String request :
          new String[] {
            "PING", "SET k v", "GET k", "MGET k l", "EVAL return 0", "MULTI", "SUBSCRIBE c",
            "BLPOP q 0", "CLIENT SETNAME x", "CLIENT ID", "SELECT 1", "HELLO 3", "INFO", "FOO"
          }) {
        assertThat(client.call(request.split(" ", -1))).as(request).startsWith(UNAVAILABLE);
      }
      try (RedisServer redis = RedisServer.startOnPort(port)) {
        Waiting.until(
            "writes are taken again", () -> client.call("SET", "k", "v").equals("+OK\r\n"));
        sidecar.awaitReady();
        assertThat(other.call("GET", "k")).isEqualTo("$1\r\nv\r\n");
        assertThat(client.call("HELLO", "3")).startsWith("%");
        assertThat(client.call("MULTI")).isEqualTo("+OK\r\n");
        assertThat(client.call("EXEC")).isEqualTo("*0\r\n");
        awaitLocalHit(sidecar, other);
        assertThat(redis.pid()).isPositive();
      }
    }
  }

  private static void awaitLocalHit(Sidecar sidecar, RespClient client) throws IOException {
    double before = localHits(sidecar);
    Waiting.until(
        "a read is answered by L1",
        () -> client.call("GET", "k").equals("$1\r\nv\r\n") && localHits(sidecar) > before);
  }

  private static double localHits(Sidecar sidecar) throws IOException {
    return sidecar.metric("nearside_requests_total{way=\"local\",command=\"get\"}");
  }

  @Test
  void redisKilled_inTheMiddle_closesOnlyWhoWaitsForAReply() throws Exception {
    RedisServer redis = RedisServer.start();
    try (Sidecar sidecar = Sidecar.inFrontOf(redis.port()).awaitReady();
        RespClient idle = sidecar.connect();
        RespClient waiting = sidecar.connect();
        RespClient blocked = sidecar.connect();
        RespClient subscribed = sidecar.connect();
        RespClient direct = RespClient.connect(redis.port())) {
      assertThat(idle.call("SET", "k", "v")).isEqualTo("+OK\r\n");
      awaitLocalHit(sidecar, idle);
      blocked.send("BLPOP", "queue", "0");
      Waiting.until(
          "a client is blocked",
          () -> direct.call("INFO", "clients").contains("blocked_clients:1\r\n"));
      assertThat(subscribed.call("SUBSCRIBE", "c")).endsWith(":1\r\n");
      redis.pause();
      double before = sidecar.metric("nearside_received_bytes_total");
      waiting.send("INCR", "n");
      Waiting.until(
          "the sidecar has the request",
          () -> sidecar.metric("nearside_received_bytes_total") > before);
      redis.kill();
      assertThat(waiting.isClosed()).isTrue();
      assertThat(blocked.isClosed()).isTrue();
      assertThat(subscribed.isClosed()).isTrue();
      assertThat(idle.call("SET", "k", "w")).startsWith(UNAVAILABLE);
      Waiting.until("it is not ready", () -> sidecar.get("/readyz").statusCode() == 503);
      assertThat(idle.call("GET", "k")).startsWith(UNAVAILABLE);
      assertThat(sidecar.metric("nearside_fences_up")).isZero();
      try (RedisServer again = RedisServer.startOnPort(redis.port())) {
        Waiting.until("what was lost is lost", () -> idle.call("GET", "k").equals("$-1\r\n"));
        sidecar.awaitReady();
        Waiting.until("its lane is back, too", () -> idle.call("SET", "k", "v").equals("+OK\r\n"));
        awaitLocalHit(sidecar, idle);
        assertThat(again.pid()).isNotEqualTo(redis.pid());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void killSwitch_off_readsStayRightAndNoneIsLocal(boolean byCommand) throws Exception {
    try (RedisServer redis = RedisServer.start();
        Sidecar sidecar = Sidecar.inFrontOf(redis.port()).awaitReady();
        RespClient client = sidecar.connect();
        RespClient direct = RespClient.connect(redis.port())) {
      direct.call("SET", "k", "v");
      awaitLocalHit(sidecar, client);
      switchL1(sidecar, client, byCommand, "off");
      assertThat(client.call("NEARSIDE.L1")).isEqualTo("$3\r\noff\r\n");
      double before = localHits(sidecar);
      for (int i = 0; i < 20; i++) {
        direct.call("SET", "k", "v" + i);
        String expected = direct.call("GET", "k");
        assertThat(client.call("GET", "k")).isEqualTo(expected);
        assertThat(client.call("MGET", "k")).isEqualTo("*1\r\n" + expected);
      }
      assertThat(localHits(sidecar)).isEqualTo(before);
      assertThat(sidecar.metric("nearside_l1_open")).isZero();
      assertThat(sidecar.metric("nearside_l1_entries")).isZero();
      direct.call("SET", "k", "v");
      switchL1(sidecar, client, byCommand, "on");
      awaitLocalHit(sidecar, client);
    }
  }

  private static void switchL1(Sidecar sidecar, RespClient client, boolean byCommand, String mode)
      throws Exception {
    if (byCommand) {
      assertThat(client.call("nearside.l1", mode)).isEqualTo("+OK\r\n");
      return;
    }
    URI uri = URI.create("http://127.0.0.1:" + sidecar.proxy().httpPort() + "/v1/l1");
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest put =
          HttpRequest.newBuilder(uri).PUT(HttpRequest.BodyPublishers.ofString(mode)).build();
      HttpResponse<String> reply = http.send(put, HttpResponse.BodyHandlers.ofString());
      assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @MethodSource(Scene.PROGRAMS)
  void maxClients_oneTooMany_isToldWhatRedisTells(RedisProgram program) throws Exception {
    try (RedisServer redis = RedisServer.start(program, "--maxclients", "1");
        RespClient only = RespClient.connect(redis.port());
        RespClient refusedByRedis = RespClient.connect(redis.port())) {
      String refusal = refusedByRedis.reply();
      assertThat(refusedByRedis.isClosed()).isTrue();
      assertThat(only.call("PING")).isEqualTo("+PONG\r\n");
      assertRefuses(redis.port(), refusal);
    }
  }

  private static void assertRefuses(int upstream, String refusal) throws IOException {
    try (Sidecar sidecar = Sidecar.inFrontOf(upstream, "limits.max-clients=2");
        RespClient first = sidecar.connect()) {
      try (RespClient second = sidecar.connect()) {
        Waiting.until("both are in", () -> sidecar.metric("nearside_clients") == 2);
        try (RespClient third = sidecar.connect()) {
          assertThat(third.reply()).isEqualTo(refusal);
          assertThat(third.isClosed()).isTrue();
        }
        assertThat(second.call("NEARSIDE.L1")).isEqualTo("$2\r\non\r\n");
      }
      Waiting.until("there is room again", () -> sidecar.metric("nearside_clients") == 1);
      try (RespClient third = sidecar.connect()) {
        assertThat(third.call("NEARSIDE.L1")).isEqualTo("$2\r\non\r\n");
      }
      assertThat(first.call("NEARSIDE.L1")).isEqualTo("$2\r\non\r\n");
      assertThat(sidecar.metric("nearside_clients_accepted_total")).isEqualTo(3);
      assertThat(sidecar.metric("nearside_clients_rejected_total{reason=\"max-clients\"}"))
          .isEqualTo(1);
    }
  }
}
