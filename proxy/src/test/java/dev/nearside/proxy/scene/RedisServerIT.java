package dev.nearside.proxy.scene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;

/** The scene itself: the other tests rely on what these say. */
class RedisServerIT {

  @Test
  void start_withArguments_answersAsTold() throws IOException {
    try (RedisServer server = RedisServer.start("--requirepass", "secret")) {
      assertThat(ping(server.port(), 5_000)).startsWith("-NOAUTH");
      assertThat(ProcessHandle.of(server.pid())).isPresent();
    }
  }

  @Test
  void pause_untilResume_isSilent() throws IOException {
    try (RedisServer server = RedisServer.start()) {
      server.pause();
      assertThatThrownBy(() -> ping(server.port(), 200)).isInstanceOf(SocketTimeoutException.class);
      server.resume();
      assertThat(ping(server.port(), 5_000)).isEqualTo("+PONG");
    }
  }

  @Test
  void kill_thenStartOnPort_comesBackWhereItWas() throws IOException {
    RedisServer first = RedisServer.start();
    first.kill();
    assertThat(ProcessHandle.of(first.pid())).isEmpty();
    try (RedisServer second = RedisServer.startOnPort(first.port())) {
      assertThat(ping(second.port(), 5_000)).isEqualTo("+PONG");
    }
  }

  @Test
  void start_badOption_saysWhatTheServerSaid() {
    assertThatThrownBy(() -> RedisServer.start("--no-such-option", "1"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no-such-option");
  }

  private static String ping(int port, int limitMs) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(limitMs);
      socket.getOutputStream().write("PING\r\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
      StringBuilder line = new StringBuilder();
      for (int c = socket.getInputStream().read(); c != '\r' && c != -1; ) {
        line.append((char) c);
        c = socket.getInputStream().read();
      }
      return line.toString();
    }
  }
}
