package dev.nearside.proxy.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the nodes of a cluster would answer otherwise than one Redis, and the sidecar does not. */
@Timeout(120)
class ClusterParityIT {
  private static final String LARGE = "v".repeat(70_000);

  private static RedisServer one;
  private static RedisCluster cluster;
  private static Sidecar sidecar;

  @BeforeAll
  static void start() throws IOException {
    one = RedisServer.start();
    cluster = RedisCluster.start(3, 0);
    sidecar =
        Sidecar.inFrontOf(
            0, "upstream.uri=redis-cluster://" + String.join(",", cluster.addresses()));
  }

  @AfterAll
  static void stop() {
    sidecar.close();
    cluster.close();
    one.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MULTI;WATCH k{a};SET k{b} 1;WATCH k{b};WATCH k{a} k{b};GET k{b};EXEC;GET k{b}",
        "MULTI;SET k{c} 1;WATCH;EXEC;GET k{c}",
        "SUBSCRIBE c;CLIENT CACHING YES;KEYS k nan;HELLO 3;WAIT 0 1;SELECT 1;PING;MULTI",
        "SSUBSCRIBE c3;CLIENT TRACKING OFF NOLOOP;AUTH a b;SELECT 1;UNWATCH;KEYS;NOPE;PING;MULTI",
        "SSUBSCRIBE c3;CLIENT TRACKING ON x;HELLO 3;WAIT 0 1;CLIENT SETNAME me;DBSIZE 1;MULTI",
        "MULTI;RESET x;DUMP k{d};RESET;PING",
        "MULTI;ZDIFFSTORE k{c} x k{c} k{b};SET k{a} 3;EXEC",
        "MULTI;XREAD STREAMS x{c} $ x;SET k{a} 3;ZUNIONSTORE k{b} 2 k{b};EXEC",
        "SUBSCRIBE c;SET k{a} LARGE;SET k{b} LARGE;SET k{c} LARGE;MSET k{a} LARGE k{b} 1;PING",
        "WATCH k{b};SUBSCRIBE c;UNWATCH;MULTI;RESET;MULTI;SET k{c} 2;EXEC"
      })
  void script_isAnsweredAsByOneRedis(String script) throws IOException {
    try (RespClient direct = RespClient.connect(one.port());
        RespClient through = sidecar.connect()) {
      assertThat(replies(through, script)).isEqualTo(replies(direct, script));
    }
  }

  private static List<String> replies(RespClient client, String script) throws IOException {
    List<String> replies = new ArrayList<>();
    for (String request : script.split(";", -1)) {
      replies.add(client.call(request.replace("LARGE", LARGE).split(" ", -1)));
    }
    return replies;
  }
}
