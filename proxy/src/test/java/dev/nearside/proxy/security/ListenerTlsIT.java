package dev.nearside.proxy.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.scene.Authority;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients reach the sidecar by TLS. */
class ListenerTlsIT {
  @AutoClose private final RedisServer redis = RedisServer.start();

  @TempDir Path folder;

  private Authority authority;
  private Authority.Identity shown;

  @BeforeEach
  void makeAuthority() throws Exception {
    authority = Authority.in(folder, "one");
    shown = authority.issue("sidecar");
  }

  private Sidecar start(String... more) throws IOException {
    List<String> settings = new ArrayList<>();
    settings.add("tls.certificate-file=" + shown.certificate());
    settings.add("tls.key-file=" + shown.key());
    settings.add("l1.admission-window=0s");
    settings.addAll(List.of(more));
    return Sidecar.inFrontOf(redis.port(), settings.toArray(String[]::new)).awaitReady();
  }

  private static SSLSocket connect(Sidecar sidecar, Authority trusts, Authority.Identity shows)
      throws Exception {
    SSLContext context = trusts.clientContext(shows);
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", sidecar.port());
    try {
      socket.startHandshake();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    return socket;
  }

  private static long serial(SSLSocket socket) throws IOException {
    return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
        .getSerialNumber()
        .longValue();
  }

  @Test
  void client_bySecureSocket_isServedLocallyAndByRedis() throws Exception {
    String large = "v".repeat(300_000);
    try (Sidecar sidecar = start();
        RespClient client = RespClient.over(connect(sidecar, authority, null))) {
      assertThat(client.call("SET", "k", large)).isEqualTo("+OK\r\n");
      for (int i = 0; i < 3; i++) {
        assertThat(client.call("GET", "k")).isEqualTo("$300000\r\n" + large + "\r\n");
      }
      client.sendRaw("GET k\r\nINCR n\r\n".repeat(100));
      for (int i = 1; i <= 100; i++) {
        assertThat(client.reply()).hasSize(300_011);
        assertThat(client.reply()).isEqualTo(":" + i + "\r\n");
      }
      assertThat(sidecar.metric("nearside_hits_total{tier=\"l1\",namespace=\"none\"}"))
          .isGreaterThanOrEqualTo(2);
      assertThat(client.call("QUIT")).isEqualTo("+OK\r\n");
      assertThat(client.rest()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PING", "SUBSCRIBE a"})
  void endOfTls_withoutTheEndOfTcp_endsTheConnection(String last) throws Exception {
    try (Sidecar sidecar = start();
        Socket tcp = new Socket(InetAddress.getLoopbackAddress(), sidecar.port());
        SSLSocket socket = over(tcp);
        RespClient client = RespClient.over(socket).patience(5_000)) {
      client.sendRaw("SET k v\r\nGET k\r\n" + last + "\r\n");
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      assertThat(client.reply()).isEqualTo("$1\r\nv\r\n");
      assertThat(client.reply()).isNotEmpty();
      socket.shutdownOutput(); // says so by TLS alone, as the connection below is not its own
      assertThat(client.rest()).isEmpty();
      assertThat(tcp.isOutputShutdown()).isFalse();
    }
  }

  private SSLSocket over(Socket tcp) throws Exception {
    boolean ownsIt = false;
    return (SSLSocket)
        authority
            .clientContext(null)
            .getSocketFactory()
            .createSocket(tcp, "127.0.0.1", tcp.getPort(), ownsIt);
  }

  @Test
  void client_inClear_isNotServed() throws Exception {
    try (Sidecar sidecar = start();
        RespClient client = sidecar.connect()) {
      client.sendRaw("PING\r\nPING\r\n");
      assertThat(client.rest()).doesNotContain("PONG");
    }
  }

  @Test
  void clientCertificate_whereAsked_isNeeded() throws Exception {
    Authority other = Authority.in(folder, "two");
    Authority.Identity stranger = other.issue("stranger");
    Authority.Identity expired = authority.issueExpired("expired");
    Authority.Identity own = authority.issue("client");
    try (Sidecar sidecar = start("tls.client-ca-file=" + authority.file())) {
      for (Authority.Identity refused : new Authority.Identity[] {null, stranger, expired}) {
        assertThatThrownBy(
                () -> {
                  try (RespClient client = RespClient.over(connect(sidecar, authority, refused))) {
                    client.call("PING"); // TLS 1.3: the refusal comes behind the handshake
                  }
                })
            .isInstanceOf(IOException.class);
      }
      try (RespClient client = RespClient.over(connect(sidecar, authority, own))) {
        assertThat(client.call("PING")).isEqualTo("+PONG\r\n");
      }
      Waiting.until(
          "all three are counted",
          () -> sidecar.metric("nearside_clients_rejected_total{reason=\"tls\"}") == 3);
    }
  }

  @Test
  void certificate_changed_isShownToNewClients_andOldOnesStay() throws Exception {
    Authority.Identity next = authority.issue("next");
    try (Sidecar sidecar = start();
        SSLSocket before = connect(sidecar, authority, null)) {
      long old = serial(before);
      Authority.replace(shown.certificate(), next.certificate()); // for a moment they do not fit
      Authority.replace(shown.key(), next.key());
      Waiting.until(
          "the new certificate is shown",
          () -> {
            try (SSLSocket after = connect(sidecar, authority, null)) {
              return serial(after) != old;
            }
          });
      before.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(before.getInputStream().readNBytes(7))
          .asString(StandardCharsets.US_ASCII)
          .isEqualTo("+PONG\r\n");
    }
  }

  @Test
  void redisCli_bySecureSocket_isServed() throws Exception {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        RedisProgram.find("redis-cli").isPresent(), "redis-cli is not installed");
    try (Sidecar sidecar = start()) {
      Process cli =
          new ProcessBuilder(
                  "redis-cli",
                  "--tls",
                  "--cacert",
                  authority.file().toString(),
                  "-p",
                  String.valueOf(sidecar.port()),
                  "ECHO",
                  "heard")
              .redirectErrorStream(true)
              .start();
      assertThat(new String(cli.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("heard\n");
    }
  }
}
