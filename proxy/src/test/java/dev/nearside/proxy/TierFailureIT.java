package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What clients are told while a tier is down, slow, or back. */
class TierFailureIT {
  private static final String NIL = "$-1\r\n";

  private ThreeTiers tiers;
  private Sidecar sidecar;
  private RespClient client;

  @BeforeEach
  void start() throws IOException {
    tiers = new ThreeTiers();
    sidecar = tiers.sidecar("1s", "coherence.fill-timeout=500ms");
    client = sidecar.connect();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    sidecar.close();
    tiers.close();
  }

  @Test
  void databaseDown_whatIsHeldAnswers_missesSaySo_andItRecovers() throws IOException {
    awaitLocal("prompt:1", "body 1");
    try (RespClient direct = tiers.direct()) {
      direct.call("SET", "prompt:2", "in Redis");
    }
    tiers.database().stop();

    assertThat(client.call("GET", "prompt:1")).isEqualTo(bulk("body 1"));
    assertThat(client.call("GET", "prompt:2")).isEqualTo(bulk("in Redis"));
    assertThat(client.call("GET", "prompt:3"))
        .startsWith("-TRYAGAIN database unavailable: ")
        .endsWith(", retry later\r\n");
    assertThat(client.call("GET", "session:t1")).isEqualTo(NIL);
    assertThat(client.call("MGET", "prompt:1", "session:t1"))
        .isEqualTo("*2\r\n" + bulk("body 1") + NIL);
    assertThat(client.call("SET", "plain", "works")).isEqualTo("+OK\r\n");

    for (int i = 100; i < 120; i++) {
      client.send("GET", "prompt:" + i);
    }
    for (int i = 100; i < 120; i++) {
      assertThat(client.reply()).startsWith("-TRYAGAIN database unavailable: ");
    }
    assertThat(breaker("database", "open")).isEqualTo(1);
    assertThat(client.call("GET", "prompt:4"))
        .isEqualTo("-TRYAGAIN database unavailable: breaker-open, retry later\r\n");
    assertThat(client.call("GET", "prompt:1")).isEqualTo(bulk("body 1"));

    tiers.database().restart();
    Waiting.until(
        "the breaker has let a read through",
        () -> client.call("GET", "prompt:5").equals(bulk("body 5")));
    int[] next = {200};
    Waiting.until(
        "the breaker is closed",
        () -> {
          int id = next[0]++; // refused again if probes before the restart outnumber this one
          return client.call("GET", "prompt:" + id).equals(bulk("body " + id))
              && breaker("database", "closed") == 1;
        });
    Waiting.until(
        "the absence told meanwhile is not remembered",
        () -> client.call("GET", "session:t1").equals(bulk("cart")));
  }

  @Test
  void redisDown_rowsComeFromTheDatabase_plainKeysGetTheError_andAllIsWellAgain()
      throws IOException {
    assertThat(client.call("GET", "prompt:1")).isEqualTo(bulk("body 1"));
    tiers.redis().kill();
    try (RespClient late = sidecar.connect()) {
      for (int i = 10; i < 40; i++) {
        assertThat(late.call("GET", "prompt:" + i)).isEqualTo(bulk("body " + i));
      }
      assertThat(late.call("GET", "prompt:9999")).isEqualTo(NIL);
      assertThat(late.call("MGET", "prompt:10", "prompt:9999"))
          .isEqualTo("*2\r\n" + bulk("body 10") + NIL);
      assertThat(late.call("GET", "plain")).startsWith("-TRYAGAIN upstream unavailable: ");
      assertThat(late.call("SET", "plain", "1")).startsWith("-TRYAGAIN upstream unavailable: ");
      assertThat(breaker("redis", "open")).isEqualTo(1);
      assertThat(sidecar.metric("nearside_l1_open")).isZero();
    }

    tiers.restartRedis();
    sidecar.awaitReady();
    try (RespClient again = sidecar.connect();
        RespClient direct = tiers.direct()) {
      assertThat(direct.call("DBSIZE")).isEqualTo(":0\r\n");
      Waiting.until(
          "rows land in Redis again",
          () -> {
            assertThat(again.call("GET", "prompt:10")).isEqualTo(bulk("body 10"));
            return direct.call("GET", "prompt:10").equals(bulk("body 10"));
          });
      Waiting.until("plain keys work", () -> again.call("SET", "plain", "1").equals("+OK\r\n"));
      int[] next = {300};
      Waiting.until(
          "the breaker is closed",
          () -> {
            assertThat(again.call("GET", "prompt:" + next[0]++)).startsWith("$8\r\nbody ");
            return breaker("redis", "closed") == 1;
          });
    }
  }

  @Test
  void redisHangs_rowsComeFromTheDatabaseInTime_andTheBreakerOpens() throws IOException {
    assertThat(client.call("GET", "prompt:1")).isEqualTo(bulk("body 1"));
    tiers.redis().pause();
    for (int i = 50; i < 65; i++) {
      client.send("GET", "prompt:" + i);
    }
    for (int i = 50; i < 65; i++) {
      assertThat(client.reply()).isEqualTo(bulk("body " + i));
    }
    assertThat(breaker("redis", "open")).isEqualTo(1);
    tiers.redis().resume();
    sidecar.awaitReady();
    int[] next = {400};
    try (RespClient again = sidecar.connect()) {
      Waiting.until(
          "the breaker is closed",
          () -> {
            assertThat(again.call("GET", "prompt:" + next[0]++)).startsWith("$8\r\nbody ");
            return breaker("redis", "closed") == 1;
          });
    }
  }

  /** An error reply is an answer: a client that confuses types must not cut everybody off. */
  @Test
  void wrongType_neverOpensTheBreakerOfRedis() throws IOException {
    client.call("RPUSH", "prompt:77", "a list");
    for (int i = 0; i < 40; i++) {
      assertThat(client.call("GET", "prompt:77")).startsWith("-WRONGTYPE ");
    }
    assertThat(breaker("redis", "closed")).isEqualTo(1);
  }

  @Test
  void databaseSlow_answersTimeout_whileOtherTrafficFlows() throws IOException, SQLException {
    try (Connection holder = tiers.database().connect();
        Statement lock = holder.createStatement()) {
      holder.setAutoCommit(false);
      lock.execute("LOCK TABLE prompt IN ACCESS EXCLUSIVE MODE");
      CompletableFuture<String> slow = CompletableFuture.supplyAsync(() -> call("GET", "prompt:1"));
      long answeredMeanwhile = 0;
      try (RespClient other = sidecar.connect()) {
        while (!slow.isDone()) {
          assertThat(other.call("PING")).isEqualTo("+PONG\r\n");
          assertThat(other.call("GET", "account:1")).contains("\"plan\":\"team\"");
          answeredMeanwhile++;
        }
      }
      assertThat(slow.join()).isEqualTo("-TRYAGAIN database unavailable: timeout, retry later\r\n");
      assertThat(answeredMeanwhile).isGreaterThan(10);
      assertThat(client.call("PING")).isEqualTo("+PONG\r\n");
    }
    Waiting.until(
        "the table is read again", () -> client.call("GET", "prompt:1").equals(bulk("body 1")));
  }

  private String call(String... request) {
    try (RespClient own = sidecar.connect()) {
      return own.call(request);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void awaitLocal(String key, String value) {
    String local = "nearside_requests_total{way=\"local\",command=\"get\"}";
    Waiting.until(
        key + " is local",
        () -> {
          double before = sidecar.metric(local);
          assertThat(client.call("GET", key)).isEqualTo(bulk(value));
          return sidecar.metric(local) > before;
        });
  }

  private double breaker(String name, String state) throws IOException {
    return sidecar.metric(
        "nearside_breaker_state{name=\"%s\",state=\"%s\"}".formatted(name, state));
  }

  private static String bulk(String value) {
    return "$" + value.length() + "\r\n" + value + "\r\n";
  }
}
