package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SidecarProcess;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnixSocketIT {
  @AutoClose private final RedisServer redis = RedisServer.start();

  @TempDir Path folder;

  private Path socket() {
    return folder.resolve("nearside.sock");
  }

  private Sidecar start(String... more) throws IOException {
    String[] settings = Arrays.copyOf(more, more.length + 1);
    settings[more.length] = "listen=unix:" + socket();
    return Sidecar.inFrontOf(redis.port(), settings);
  }

  private String call(String inline, int replyLength) throws IOException {
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
      client.write(ByteBuffer.wrap((inline + "\r\n").getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer reply = ByteBuffer.allocate(replyLength);
      while (reply.hasRemaining() && client.read(reply) >= 0) {
        // until the reply is whole, or the connection ends
      }
      return new String(reply.array(), 0, reply.position(), StandardCharsets.US_ASCII);
    }
  }

  private void assertServes() throws IOException {
    assertThat(call("SET k v", 5)).isEqualTo("+OK\r\n");
    assertThat(call("GET k", 7)).isEqualTo("$1\r\nv\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nio", "epoll", "io_uring"})
  void listen_onAPath_servesAndRemovesTheFile(String transport) throws Exception {
    assumeTrue(!transport.equals("epoll") || Epoll.isAvailable(), "no epoll here");
    assumeTrue(!transport.equals("io_uring") || IoUring.isAvailable(), "no io_uring here");
    try (Sidecar sidecar = start("transport=" + transport).awaitReady()) {
      assertServes();
      assertThat(sidecar.port()).isEqualTo(-1);
    }
    assertThat(socket()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"0700, rwx------", "0770, rwxrwx---", "606, rw----rw-"})
  void listen_withAMode_givesTheFileThatMode(String mode, String shown) throws Exception {
    try (Sidecar sidecar = start("listen-mode=" + mode)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
          .isEqualTo(shown);
      assertServes();
      assertThat(sidecar.port()).isEqualTo(-1);
    }
  }

  @Test
  void listen_withoutAMode_leavesWhatTheUmaskGives() throws Exception {
    try (ServerSocketChannel plain = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        Sidecar sidecar = start()) {
      Path other = folder.resolve("plain.sock");
      plain.bind(UnixDomainSocketAddress.of(other));
      assertThat(Files.getPosixFilePermissions(socket()))
          .isEqualTo(Files.getPosixFilePermissions(other));
      assertThat(sidecar.port()).isEqualTo(-1);
    }
  }

  @Test
  void listen_fileOfADeadProcess_isReplaced() throws Exception {
    List<String> arguments =
        List.of("--upstream", "redis://127.0.0.1:" + redis.port(), "--listen", "unix:" + socket());
    try (SidecarProcess killed = SidecarProcess.run(arguments).awaitListening()) {
      assertServes();
      killed.kill();
    }
    assertThat(socket()).exists();
    Sidecar sidecar = start();
    assertServes();
    sidecar.close();
    assertThat(socket()).doesNotExist();
  }

  @Test
  void listen_fileOfALivingProcess_isRefusedAndStays() throws Exception {
    try (Sidecar first = start()) {
      assertThatThrownBy(() -> start())
          .hasMessage("cannot listen on " + socket() + ": another process listens there");
      assertServes();
      assertThat(first.port()).isEqualTo(-1);
    }
  }

  @Test
  void listen_onAFileThatIsNoSocket_isRefusedAndStays() throws Exception {
    Files.writeString(socket(), "precious");
    assertThatThrownBy(() -> start())
        .hasMessage("cannot listen on " + socket() + ": it exists and is no socket");
    assertThat(socket()).hasContent("precious");
  }
}
