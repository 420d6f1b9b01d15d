package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Redis is reached by its Unix socket, whatever drives the sockets. */
class UnixUpstreamIT {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"nio", "epoll", "io_uring"})
  void unixSocket_asUpstream_servesLocallyAndRelays(String transport) throws Exception {
    assumeTrue(Epoll.isAvailable(), "the tracked connection needs epoll for a Unix socket");
    assumeTrue(!transport.equals("io_uring") || IoUring.isAvailable(), "no io_uring here");
    Path socket = folder.resolve("redis.sock");
    try (RedisServer redis = RedisServer.start("--unixsocket", socket.toString());
        Sidecar sidecar =
            Sidecar.inFrontOf(
                    redis.port(),
                    "upstream.uri=unix://" + socket + "?db=2",
                    "transport=" + transport,
                    "l1.admission-window=0s")
                .awaitReady();
        RespClient client = sidecar.connect();
        RespClient other = RespClient.connect(redis.port())) {
      assertThat(client.call("SET", "k", "v")).isEqualTo("+OK\r\n");
      assertThat(client.call("GET", "k")).isEqualTo("$1\r\nv\r\n");
      assertThat(client.call("GET", "k")).isEqualTo("$1\r\nv\r\n");
      assertThat(client.call("BLPOP", "none", "0.01")).isEqualTo("*-1\r\n");
      assertThat(sidecar.metric("nearside_hits_total{tier=\"l1\",namespace=\"none\"}"))
          .isPositive();
      other.call("SELECT", "2");
      other.call("SET", "k", "changed");
      Waiting.until("the push has come", () -> client.call("GET", "k").contains("changed"));
      assertThat(other.call("CLIENT", "LIST", "TYPE", "normal").lines())
          .filteredOn(line -> line.contains("nearside"))
          .allMatch(line -> line.contains("addr=" + socket));
    }
  }
}
