package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.ThreeTiers;
import dev.nearside.proxy.scene.ThreeTiers.Gate;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The database answers in Redis's place: once, never behind an own write, and as news. */
@Timeout(120)
class DatabaseFallBackIT {
  private static final String FILL_TIMEOUT = "coherence.fill-timeout=300ms";
  private static final String HITS = "nearside_hits_total{tier=\"l1\",namespace=\"prompt\"}";
  private static final long LATER_NS = 700_000_000;

  private static ThreeTiers tiers;

  @BeforeAll
  static void startServers() {
    tiers = new ThreeTiers();
  }

  @AfterAll
  static void stopServers() {
    tiers.close();
  }

  @Test
  void databaseSlowerThanTheFillTimeout_isAskedOnceAndAnswersOnce()
      throws IOException, SQLException {
    try (Sidecar sidecar = tiers.sidecar("10s", FILL_TIMEOUT);
        RespClient client = sidecar.connect()) {
      String ended = "nearside_request_duration_seconds_count{way=\"relay\"}";
      tiers.redis().kill();
      try (Gate gate = tiers.closeGate()) {
        Waiting.until("Redis is gone", () -> !isUp(sidecar));
        client.call("PING");
        double before = sidecar.metric(ended);
        client.send("GET", "prompt:7");
        gate.awaitWaiting(1);
        long sentNs = System.nanoTime();
        Waiting.until("the time is over", () -> System.nanoTime() - sentNs > LATER_NS);
        gate.close();
        assertThat(client.reply()).isEqualTo(bulk("body 7"));
        assertThat(client.call("GET", "session:t1")).isEqualTo(bulk("cart"));
        assertThat(sidecar.metric(ended)).isEqualTo(before + 2);
        String queries = "nearside_database_queries_total{result=\"ok\"}";
        Waiting.until("both are counted", () -> sidecar.metric(queries) >= 2);
        assertThat(sidecar.metric(queries)).isEqualTo(2);
      } finally {
        tiers.restartRedis();
      }
    }
  }

  private static boolean isUp(Sidecar sidecar) throws IOException {
    return sidecar.metric("nearside_l1_open") > 0;
  }

  @Test
  void readBehindAnOwnUnansweredWrite_waitsForRedis() throws IOException {
    try (Sidecar sidecar = tiers.sidecar("10s", FILL_TIMEOUT)) {
      readBehindAWriteHeldUp(sidecar, 1);
    }
  }

  @Test
  void readsBehindAnOwnUnansweredWrite_areNoFailuresOfRedis() throws IOException {
    try (Sidecar sidecar = tiers.sidecar("10s", FILL_TIMEOUT)) {
      readBehindAWriteHeldUp(sidecar, 30);
      assertThat(sidecar.metric("nearside_upstream_failures_total{reason=\"breaker-open\"}"))
          .isZero();
      assertThat(sidecar.metric("nearside_breaker_state{name=\"redis\",state=\"closed\"}"))
          .isEqualTo(1);
    }
  }

  /** Shows that {@code reads} reads wait for the write before them, longer than they may take. */
  private static void readBehindAWriteHeldUp(Sidecar sidecar, int reads) throws IOException {
    try (RespClient client = sidecar.connect();
        RespClient direct = tiers.direct()) {
      direct.call("CLIENT", "PAUSE", "1200", "WRITE");
      client.send("SET", "prompt:3", "mine");
      for (int i = 0; i < reads; i++) {
        client.send("GET", "prompt:3");
      }
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      for (int i = 0; i < reads; i++) {
        assertThat(client.reply()).isEqualTo(bulk("mine"));
      }
    }
  }

  /** A strict client is shown nothing stale, and what it is shown binds all others. */
  @Test
  void answerOfTheDatabase_isNotFollowedByWhatL1HeldBefore() throws IOException {
    try (Sidecar sidecar =
            tiers.sidecar("10s", FILL_TIMEOUT, "namespaces.prompt.stale-if-error=1h");
        RespClient holder = sidecar.connect()) {
      assertThat(holder.call("GET", "prompt:40")).isEqualTo(bulk("body 40"));
      double local = sidecar.metric(HITS);
      Waiting.until(
          "it is held",
          () -> {
            assertThat(holder.call("GET", "prompt:40")).isEqualTo(bulk("body 40"));
            return sidecar.metric(HITS) > local;
          });
      tiers.database().execute("UPDATE prompt SET body = 'changed' WHERE id = 40");
      tiers.redis().kill();
      try (RespClient strict = sidecar.connect();
          RespClient plain = sidecar.connect()) {
        Waiting.until("Redis is gone", () -> !isUp(sidecar));
        assertThat(plain.call("GET", "prompt:40")).isEqualTo(bulk("body 40"));
        assertThat(strict.call("NEARSIDE.STRICT", "ON")).isEqualTo("+OK\r\n");
        assertThat(strict.call("GET", "prompt:40")).isEqualTo(bulk("changed"));
        assertThat(plain.call("GET", "prompt:40")).isEqualTo(bulk("changed"));
      } finally {
        tiers.restartRedis();
      }
    }
  }

  @Test
  void answerOfAnotherSidecar_isNewsToItsConnection() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        CoherenceScene scene =
            new CoherenceScene(YAML.replace("PORT", "" + silent.getLocalPort()));
        RespClient client = scene.client()) {
      scene.hold(client, "data", "old");
      scene.direct.call("SET", "nearside:lease:user:1", "anothers", "PX", "60000");
      client.send("GET", "user:1");
      Waiting.until(
          "it waits for the lease", () -> scene.sidecar.metric("nearside_lease_waiters") == 1);
      scene.hop.stallTracked(true);
      scene.direct.call("SET", "data", "new");
      scene.direct.call("SET", "user:1", "look at data");
      assertThat(client.reply()).isEqualTo(bulk("look at data"));
      client.send("GET", "data");
      scene.hop.stallTracked(false);
      assertThat(client.reply()).isEqualTo(bulk("new"));
    }
  }

  /** What is held of an absent row waits for the stream that keeps the rest true. */
  @Test
  void absentRowOfAnotherSidecar_isNotFollowedByWhatWasBeforeIt() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        CoherenceScene scene =
            new CoherenceScene(YAML.replace("PORT", "" + silent.getLocalPort()));
        RespClient client = scene.client();
        RespClient other = scene.client()) {
      scene.hold(client, "data", "old");
      scene.direct.call("SET", "nearside:lease:user:1", "anothers", "PX", "60000");
      client.send("GET", "user:1");
      Waiting.until(
          "it waits for the lease", () -> scene.sidecar.metric("nearside_lease_waiters") == 1);
      scene.hop.delay(Side.TRACKED, 500);
      scene.direct.call("SET", "data", "new");
      scene.direct.call("SET", "nearside:lease:user:1", "absent", "PX", "60000");
      assertThat(client.reply()).isEqualTo("$-1\r\n");
      assertThat(client.call("GET", "data")).isEqualTo(bulk("new"));
      assertThat(other.call("GET", "user:1")).isEqualTo("$-1\r\n");
      assertThat(other.call("GET", "data")).isEqualTo(bulk("new"));
    }
  }

  private static final String YAML =
      """
      database:
        url: jdbc:postgresql://127.0.0.1:PORT/none
        user: nobody
      namespaces:
        user:
          keys: user:{id:bigint}
          l2-ttl: 1h
          database:
            query: SELECT id, name FROM account WHERE id = ANY(:id)
            value: name
      """;
}
