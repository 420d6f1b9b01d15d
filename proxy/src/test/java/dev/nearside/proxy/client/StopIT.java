package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SidecarProcess;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The process as its supervisor sees it: how it starts and how it ends. */
class StopIT {
  @AutoClose private final RedisServer redis = RedisServer.start();

  private SidecarProcess run(String... arguments) throws IOException {
    List<String> all = new java.util.ArrayList<>(List.of("--upstream", upstream()));
    all.addAll(List.of(arguments));
    return SidecarProcess.run(all);
  }

  private String upstream() {
    return "redis://127.0.0.1:" + redis.port();
  }

  private static void awaitRefusal(int port) {
    Waiting.until(
        "nobody is accepted any more",
        () -> {
          try (RespClient late = RespClient.connect(port)) {
            return late.isClosed();
          } catch (java.net.ConnectException refused) {
            return true;
          }
        });
  }

  @Test
  void sigterm_replyOwed_isDeliveredBeforeTheExit() throws Exception {
    try (SidecarProcess sidecar = run().awaitReady();
        RespClient idle = sidecar.connect();
        RespClient owed = sidecar.connect()) {
      assertThat(idle.call("SET", "k", "v")).isEqualTo("+OK\r\n");
      redis.pause();
      double before = sidecar.metric("nearside_received_bytes_total");
      owed.send("INCR", "n");
      Waiting.until(
          "the sidecar has the request",
          () -> sidecar.metric("nearside_received_bytes_total") > before);
      sidecar.terminate();
      assertThat(idle.isClosed()).isTrue();
      awaitRefusal(sidecar.port());
      redis.resume();
      assertThat(owed.reply()).isEqualTo(":1\r\n");
      assertThat(owed.isClosed()).isTrue();
      assertThat(sidecar.awaitExit()).as(sidecar.output()).isZero();
      assertThat(sidecar.output()).contains("stopped").doesNotContain("\tat ");
    }
  }

  @Test
  void sigterm_clientBlocked_isClosedWhenTheGracePeriodEnds() throws Exception {
    try (SidecarProcess sidecar = run("--set", "grace-period=1s").awaitReady();
        RespClient blocked = sidecar.connect();
        RespClient direct = RespClient.connect(redis.port())) {
      blocked.send("BLPOP", "queue", "0");
      Waiting.until(
          "the client is blocked",
          () -> direct.call("INFO", "clients").contains("blocked_clients:1\r\n"));
      sidecar.terminate();
      assertThat(blocked.isClosed()).isTrue();
      assertThat(sidecar.awaitExit()).as(sidecar.output()).isZero();
      Waiting.until(
          "nothing is blocked at Redis",
          () -> direct.call("INFO", "clients").contains("blocked_clients:0\r\n"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--listen", "--http"})
  void start_portInUse_isSaidPlainlyWithStatus1(String option) throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        SidecarProcess sidecar = run(option, "127.0.0.1:" + taken.getLocalPort())) {
      assertThat(sidecar.awaitExit()).isEqualTo(1);
      assertThat(sidecar.output())
          .containsPattern(
              "(?m)^nearside: cannot listen on /?127.0.0.1:"
                  + taken.getLocalPort()
                  + ": .*Address already in use")
          .doesNotContain("\tat ")
          .doesNotContain("Exception");
    }
  }
}
