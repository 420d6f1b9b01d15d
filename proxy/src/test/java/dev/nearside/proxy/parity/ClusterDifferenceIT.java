package dev.nearside.proxy.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One example of each way in which a cluster behind the sidecar is unlike one Redis. */
@Timeout(120)
class ClusterDifferenceIT {
  private static final String CROSS_SLOT = "-CROSSSLOT .*\r\n";

  private static RedisServer one;
  private static RedisCluster cluster;
  private static Sidecar sidecar;

  /**
   * What one client says, and the reply to the last of it.
   *
   * @param script requests, between semicolons
   * @param direct pattern of Redis's reply
   * @param through pattern of the reply through the sidecar
   */
  private record Example(String script, String direct, String through) {}

  @BeforeAll
  static void start() throws IOException {
    one = RedisServer.start();
    cluster = RedisCluster.start(3, 0);
    sidecar =
        Sidecar.inFrontOf(
            0, "upstream.uri=redis-cluster://" + String.join(",", cluster.addresses()));
    String[] user = {"ACL", "SETUSER", "half", "on", ">pw", "~*{a}", "+@all"};
    try (RespClient client = RespClient.connect(one.port())) {
      client.call(user);
    }
    for (RedisNode node : cluster.nodes()) {
      node.call(user);
    }
  }

  @AfterAll
  static void stop() {
    sidecar.close();
    cluster.close();
    one.close();
  }

  /** Messages of several nodes have no fixed order, and without replicas WAIT is alike. */
  static Set<ClusterDifference> withExample() {
    return EnumSet.complementOf(
        EnumSet.of(
            ClusterDifference.WAIT_OF_ONE_NODE,
            ClusterDifference.RECEIVERS,
            ClusterDifference.LATE_MESSAGES));
  }

  private static Example exampleOf(ClusterDifference difference) {
    return switch (difference) {
      case CROSS_SLOT -> new Example("RENAME k{a} k{b}", "-ERR no such key\r\n", CROSS_SLOT);
      case NOT_ATOMIC ->
          new Example("AUTH half pw;MSET n{a} 1 n{b} 1;GET n{a}", "\\$-1\r\n", "\\$1\r\n1\r\n");
      case ONE_SLOT_TRANSACTION ->
          new Example("MULTI;SET k{a} 1;SET k{b} 1", "\\+QUEUED\r\n", CROSS_SLOT);
      case NOT_QUEUED ->
          new Example(
              "MULTI;DBSIZE", "\\+QUEUED\r\n", "-ERR Nearside does not queue DBSIZE .*\r\n");
      case ONE_DATABASE ->
          new Example("SELECT 1", "\\+OK\r\n", "-ERR SELECT is not allowed .*\r\n");
      case SORT_BY_KEYS ->
          new Example("SORT none BY w_*", "\\*0\r\n", "-ERR BY option of SORT denied .*\r\n");
      case UNDECLARED_KEYS ->
          new Example(
              "EVAL return(redis.call('SET','u{b}','1')) 1 u{a}",
              "\\+OK\r\n",
              "-ERR Script attempted to access a non local key .*\r\n");
      case SCRIPT_OF_ONE_NODE ->
          new Example(
              "EVAL return(1) 1 k{a};EVALSHA 930269f31393d0be681588b6ab08dccee7d6bb67 1 k{b}",
              ":1\r\n",
              "-NOSCRIPT .*\r\n");
      case SCAN_CURSORS ->
          new Example(
              "MSET s{a} 1 s{b} 1 s{c} 1;SCAN 0 COUNT 1000",
              "\\*2\r\n\\$1\r\n0\r\n.*",
              "\\*2\r\n\\$\\d+\r\n[1-9]\\d*\r\n.*");
      case ONE_NODE ->
          new Example(
              "FLUSHALL;MSET i{a} 1 i{b} 1 i{c} 1;INFO keyspace", ".*keys=3,.*", ".*keys=1,.*");
      case CLUSTER_COMMANDS ->
          new Example(
              "READONLY", "-ERR This instance has cluster support disabled\r\n", "\\+OK\r\n");
      case EVERY_REPLY ->
          new Example(
              "CLIENT CACHING YES",
              "-ERR CLIENT CACHING can be called only .*\r\n",
              "-ERR Nearside cannot do this in front of a cluster.*\r\n");
      case WAIT_OF_ONE_NODE, RECEIVERS, LATE_MESSAGES -> throw new IllegalArgumentException();
    };
  }

  @ParameterizedTest
  @MethodSource("withExample")
  void difference_isAsTheReadmeSays(ClusterDifference difference) throws IOException {
    Example example = exampleOf(difference);
    try (RespClient direct = RespClient.connect(one.port());
        RespClient through = sidecar.connect()) {
      assertThat(last(direct, example.script())).matches("(?s)" + example.direct());
      assertThat(last(through, example.script())).matches("(?s)" + example.through());
    }
  }

  private static String last(RespClient client, String script) throws IOException {
    String reply = "";
    for (String request : script.split(";", -1)) {
      reply = client.call(request.split(" ", -1));
    }
    return reply;
  }
}
