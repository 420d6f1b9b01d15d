package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.scene.Authority;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SentinelTrio;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A primary that real sentinels name, and what becomes of clients and L1 when it is another. */
@Timeout(120)
class SentinelIT {
  private static final String MOVES = "nearside_upstream_moves_total";

  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  private static Sidecar inFrontOf(SentinelTrio trio, String... settings) throws IOException {
    return inFrontOf(String.join(",", trio.addresses()), settings);
  }

  private static Sidecar inFrontOf(String sentinels, String... settings) throws IOException {
    String[] all = new String[settings.length + 2];
    all[0] = "upstream.uri=redis-sentinel://" + sentinels + "#" + SentinelTrio.NAME;
    all[1] = "l1.admission-window=0s";
    System.arraycopy(settings, 0, all, 2, settings.length);
    return Sidecar.inFrontOf(0, all);
  }

  @ParameterizedTest
  @MethodSource("programs")
  void failover_isFollowed(RedisProgram program) throws IOException {
    try (SentinelTrio trio = SentinelTrio.plan(1).on(program).start();
        Sidecar sidecar = inFrontOf(trio).awaitReady();
        RespClient client = sidecar.connect()) {
      client.call("SET", "k", "old");
      assertThat(client.call("GET", "k")).isEqualTo(bulk("old"));
      assertThat(client.call("GET", "k")).isEqualTo(bulk("old"));
      Waiting.until("the replica has it", () -> onReplica(trio, "k").equals(bulk("old")));
      RedisNode sentinel = trio.sentinels().getFirst();
      Waiting.until(
          "a failover begins",
          () -> sentinel.call("SENTINEL", "FAILOVER", SentinelTrio.NAME).equals("+OK\r\n"));
      Waiting.until("the sidecar follows", () -> sidecar.metric(MOVES) == 1);
      RedisNode next = trio.primary();
      sidecar.awaitReady();
      next.call("SET", "k", "new");
      assertThat(client.call("GET", "k")).as("the client is still there").isEqualTo(bulk("new"));
      assertThat(client.call("SET", "k", "newer")).isEqualTo("+OK\r\n");
      assertThat(next.call("GET", "k")).isEqualTo(bulk("newer"));
      assertThat(sidecar.metric(MOVES)).isEqualTo(1);
    }
  }

  @Test
  void failoverByTls_isFollowed(@TempDir Path folder) throws Exception {
    assumeTrue(RedisProgram.preferred().hasTls(), "the carried Redis has no TLS");
    Authority authority = Authority.in(folder, "one");
    try (SentinelTrio trio = SentinelTrio.plan(1).tls(authority.issue("redis"), authority).start();
        Sidecar sidecar = byTlsInFrontOf(trio, authority).awaitReady();
        RespClient client = sidecar.connect()) {
      assertThat(client.call("SET", "k", "old")).isEqualTo("+OK\r\n");
      RedisNode next = trio.failover();
      sidecar.awaitReady();
      assertThat(client.call("SET", "k", "new")).isEqualTo("+OK\r\n");
      assertThat(next.call("GET", "k")).isEqualTo(bulk("new"));
      assertThat(sidecar.metric(MOVES)).isEqualTo(1);
    }
  }

  private static Sidecar byTlsInFrontOf(SentinelTrio trio, Authority authority) throws IOException {
    return Sidecar.inFrontOf(
        0,
        "upstream.uri=rediss-sentinel://%s#%s"
            .formatted(String.join(",", trio.addresses()), SentinelTrio.NAME),
        "upstream.tls-ca-file=" + authority.file());
  }

  @Test
  void failover_leavesTheConnectionsToTheSentinels() throws IOException {
    try (SentinelTrio trio = SentinelTrio.start(1);
        Sidecar sidecar = inFrontOf(trio).awaitReady()) {
      Waiting.until("all are asked", () -> askersOf(trio).size() == trio.sentinels().size());
      List<String> before = askersOf(trio);
      trio.failover();
      sidecar.awaitReady();
      assertThat(askersOf(trio)).isEqualTo(before);
    }
  }

  /** Returns which of its connections each sentinel is asked on. */
  private static List<String> askersOf(SentinelTrio trio) throws IOException {
    List<String> askers = new ArrayList<>();
    for (RedisNode sentinel : trio.sentinels()) {
      sentinel
          .call("CLIENT", "LIST")
          .lines()
          .filter(line -> line.contains(" name=nearside-sentinel "))
          .map(line -> sentinel + line.replaceFirst("^.*?\\bid=(\\d+) .*", " $1"))
          .forEach(askers::add);
    }
    return askers;
  }

  private static String onReplica(SentinelTrio trio, String key) throws IOException {
    return trio.replicas().getFirst().call("GET", key);
  }

  @Test
  void primaryIsKilled_nextOneServes() throws IOException {
    try (SentinelTrio trio = SentinelTrio.start(2);
        Sidecar sidecar = inFrontOf(trio).awaitReady()) {
      RedisNode killed = trio.killPrimary();
      trio.awaitOtherThan(killed);
      sidecar.awaitReady();
      try (RespClient client = sidecar.connect()) {
        assertThat(client.call("SET", "k", "v")).isEqualTo("+OK\r\n");
        assertThat(trio.primary().call("GET", "k")).isEqualTo(bulk("v"));
      }
    }
  }

  @Test
  void subscriberOfTheOldPrimary_isClosed() throws IOException {
    try (SentinelTrio trio = SentinelTrio.start(1);
        Sidecar sidecar = inFrontOf(trio).awaitReady();
        RespClient subscriber = sidecar.connect()) {
      subscriber.call("SUBSCRIBE", "news");
      RedisNode old = trio.primary();
      old.pause(); // it can close nobody itself
      trio.awaitOtherThan(old);
      Waiting.until("its client is closed", subscriber::isClosed);
      old.resume();
    }
  }

  @Test
  void hungPrimary_unansweredClientIsClosedByTheMove() throws IOException {
    try (SentinelTrio trio = SentinelTrio.start(1);
        Sidecar sidecar = inFrontOf(trio).awaitReady();
        RespClient client = sidecar.connect()) {
      client.call("SET", "k", "v");
      RedisNode old = trio.primary();
      old.pause();
      client.send("INCR", "counter");
      trio.awaitOtherThan(old);
      Waiting.until("its client is closed", client::isClosed);
      try (RespClient next = sidecar.connect()) {
        assertThat(next.call("SET", "k", "w")).isEqualTo("+OK\r\n");
      }
      old.resume();
    }
  }

  @Test
  void demotedWhileTheSentinelsAreSilent_nothingIsLocal() throws IOException {
    try (SentinelTrio trio = SentinelTrio.start(0);
        RedisServer other = RedisServer.start();
        Sidecar sidecar = inFrontOf(trio).awaitReady();
        RespClient client = sidecar.connect()) {
      client.call("SET", "k", "v");
      client.call("GET", "k");
      trio.sentinels().forEach(RedisNode::pause);
      trio.nodes().getFirst().call("REPLICAOF", RedisNode.HOST, String.valueOf(other.port()));
      Waiting.until(
          "L1 is closed for what it became",
          () -> sidecar.get("/readyz").body().contains("is no primary, but replica of"));
      assertThat(client.call("SET", "k", "w")).startsWith("-READONLY");
      trio.sentinels().forEach(RedisNode::resume);
    }
  }

  @Test
  void credentialsOfBoth_areUsed() throws IOException {
    try (SentinelTrio trio =
            SentinelTrio.plan(1)
                .nodeLogin("default", "of-nodes")
                .sentinelLogin("default", "of-sentinels")
                .start();
        Sidecar sidecar =
            inFrontOf(trio, "upstream.password=of-nodes", "upstream.sentinel-password=of-sentinels")
                .awaitReady();
        RespClient client = sidecar.connect()) {
      assertThat(client.call("SET", "k", "v")).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void noSentinelAnswers_isSaid() throws IOException {
    try (Sidecar sidecar = inFrontOf("127.0.0.1:1", "upstream.connect-timeout=200ms");
        RespClient client = sidecar.connect()) {
      Waiting.until(
          "readiness says why",
          () -> sidecar.get("/readyz").body().contains("no sentinel has named the primary yet"));
      assertThat(client.call("GET", "k")).startsWith("-");
    }
  }

  @Test
  void sentinelCommands_nameTheSidecar() throws IOException {
    try (SentinelTrio trio = SentinelTrio.start(0);
        Sidecar sidecar = inFrontOf(trio).awaitReady();
        RespClient client = sidecar.connect()) {
      String port = String.valueOf(sidecar.port());
      assertThat(client.call("SENTINEL", "get-master-addr-by-name", SentinelTrio.NAME))
          .isEqualTo("*2\r\n" + bulk("127.0.0.1") + bulk(port));
      assertThat(client.call("SENTINEL", "get-master-addr-by-name", "other")).isEqualTo("*-1\r\n");
      assertThat(client.call("SENTINEL", "masters")).contains(bulk("port") + bulk(port));
      assertThat(client.call("SENTINEL", "replicas", SentinelTrio.NAME)).isEqualTo("*0\r\n");
      assertThat(client.call("SENTINEL", "reset", "*")).startsWith("-ERR unknown command");
    }
  }
}
