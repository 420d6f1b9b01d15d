package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client has taken back by RESET is of no consequence at any node of a cluster. */
@Timeout(120)
class ClusterResetIT {
  private static RedisCluster cluster;
  private static Sidecar sidecar;

  @BeforeAll
  static void start() throws IOException {
    cluster = RedisCluster.plan(3, 0).nodeTimeoutMs(60_000).start();
    sidecar =
        Sidecar.inFrontOf(
            0, "upstream.uri=redis-cluster://" + String.join(",", cluster.addresses()));
  }

  @AfterAll
  static void stop() {
    sidecar.close();
    cluster.close();
  }

  /**
   * Has a client connected to all nodes; returns one that hangs then, and is not the one which
   * answers what has no keys.
   */
  private static RedisNode hangBeside(RespClient client) throws IOException {
    for (String key : cluster.keyOnEach("none")) {
      assertThat(client.call("BLPOP", key, "0.001")).isEqualTo("*-1\r\n");
    }
    String home = client.call("INFO", "server");
    RedisNode beside =
        cluster.nodes().stream()
            .filter(node -> !home.contains("tcp_port:" + node.port() + "\r\n"))
            .findFirst()
            .orElseThrow();
    beside.pause();
    return beside;
  }

  @Test
  void reset_whileANodeHasNotHeardOfWhatItTakesBack_leavesTheClient() throws IOException {
    for (String said : new String[] {"HELLO 3", "CLIENT TRACKING ON"}) {
      try (RespClient client = sidecar.connect()) {
        RedisNode beside = hangBeside(client);
        try {
          client.sendRaw(said + "\r\nRESET\r\nPING\r\n");
          assertThat(client.reply()).doesNotStartWith("-");
          assertThat(client.reply()).isEqualTo("+RESET\r\n");
          assertThat(client.reply()).isEqualTo("+PONG\r\n");
        } finally {
          beside.resume();
        }
      }
    }
  }
}
