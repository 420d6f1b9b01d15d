package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.relay.Transport;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way to drive sockets serves the same, and says which it is. */
class TransportIT {
  @ParameterizedTest
  @ValueSource(strings = {"nio", "epoll", "io_uring"})
  void transport_asConfigured_servesLocallyAndRelays(String transport) throws IOException {
    assumeTrue(isAvailable(transport), transport + " is not available on this kernel");
    Set<String> threadsBefore = lettuceLoops();
    try (RedisServer redis = RedisServer.start();
        Sidecar sidecar =
            Sidecar.inFrontOf(redis.port(), "transport=" + transport, "l1.admission-window=0s")
                .awaitReady();
        RespClient client = sidecar.connect()) {
      assertThat(client.call("SET", "k", "v")).isEqualTo("+OK\r\n");
      assertThat(client.call("GET", "k")).isEqualTo("$1\r\nv\r\n");
      assertThat(client.call("GET", "k")).isEqualTo("$1\r\nv\r\n");
      assertThat(client.call("BLPOP", "none", "0.01")).isEqualTo("*-1\r\n");
      assertThat(sidecar.metric("nearside_hits_total{tier=\"l1\",namespace=\"none\"}"))
          .isPositive();
      assertThat(sidecar.get("/metrics").body()).contains("transport=\"" + transport + "\"");
      assertThat(threadsBefore.containsAll(lettuceLoops()))
          .as("the sidecar's own connections run on the clients' event loops")
          .isEqualTo(transport.equals(Transport.best().label()));
    }
  }

  private static Set<String> lettuceLoops() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("lettuce-") && name.contains("EventLoop"))
        .collect(Collectors.toSet());
  }

  private static boolean isAvailable(String transport) {
    return switch (transport) {
      case "epoll" -> Epoll.isAvailable();
      case "io_uring" -> IoUring.isAvailable();
      default -> true;
    };
  }
}
