package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sidecar that cannot start, embedded in a process that goes on, leaves nothing behind in it. */
class FailedStartIT {
  private static final List<String> OURS = List.of("nearside-", "lettuce-");

  @ParameterizedTest
  @ValueSource(strings = {"listen", "http"})
  void start_onAnOccupiedPort_leavesNoThreadAndNoConnection(String key) throws Exception {
    try (RedisServer redis = RedisServer.start();
        RespClient client = RespClient.connect(redis.port());
        ServerSocket occupied = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Set<String> threads = ourThreads();
      String setting = key + "=127.0.0.1:" + occupied.getLocalPort();
      assertThatThrownBy(() -> Sidecar.inFrontOf(redis.port(), setting))
          .hasMessageContaining("cannot listen on")
          .hasMessageContaining(Integer.toString(occupied.getLocalPort()));
      Waiting.until("its threads have ended", () -> threads.containsAll(ourThreads()));
      Waiting.until(
          "Redis has no client but this test's",
          () -> {
            String list = client.call("CLIENT", "LIST");
            assertThat(list.lines().filter(l -> l.contains("id=")).count()).as(list).isEqualTo(1);
            return true;
          });
    }
  }

  @Test
  void start_failedAfterListening_givesThePortBack() throws Exception {
    try (RedisServer redis = RedisServer.start();
        ServerSocket occupied = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      String setting = "http=127.0.0.1:" + occupied.getLocalPort();
      String listen = "listen=127.0.0.1:" + port;
      assertThatThrownBy(() -> Sidecar.inFrontOf(redis.port(), setting, listen))
          .hasMessageContaining("cannot listen on");
      try (Sidecar sidecar = Sidecar.inFrontOf(redis.port(), listen)) {
        assertThat(sidecar.port()).isEqualTo(port);
      }
    }
  }

  private static Set<String> ourThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> OURS.stream().anyMatch(name::startsWith))
        .collect(Collectors.toSet());
  }
}
