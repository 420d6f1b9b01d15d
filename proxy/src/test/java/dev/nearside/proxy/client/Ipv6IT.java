package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

/** Both sides by IPv6. */
class Ipv6IT {
  private static boolean isThere() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("::1"))) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void ipv6_onBothSides_isServedAndTrusted() throws Exception {
    assumeTrue(isThere(), "this machine has no IPv6");
    InetAddress loopback = InetAddress.ofLiteral("::1");
    try (RedisServer redis = RedisServer.start("--bind", "::1");
        Sidecar sidecar =
            Sidecar.inFrontOf(
                    redis.port(),
                    "upstream.uri=redis://[::1]:" + redis.port(),
                    "listen=[::1]:0",
                    "l1.admission-window=0s")
                .awaitReady();
        RespClient client = RespClient.connect(loopback, sidecar.port())) {
      assertThat(client.call("SET", "k", "v")).isEqualTo("+OK\r\n");
      assertThat(client.call("GET", "k")).isEqualTo("$1\r\nv\r\n");
      assertThat(client.call("GET", "k")).isEqualTo("$1\r\nv\r\n");
      assertThat(sidecar.metric("nearside_hits_total{tier=\"l1\",namespace=\"none\"}"))
          .isPositive();
    }
  }
}
