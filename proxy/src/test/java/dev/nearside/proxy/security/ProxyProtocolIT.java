package dev.nearside.proxy.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Authority;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A balancer in front of the sidecar says who the client is. */
class ProxyProtocolIT {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

  /** Version 2, TCP over IPv4 from 192.0.2.1. */
  private static final String FROM_ELSEWHERE = "2111000cc00002017f0000019c4018ec";

  @AutoClose private final RedisServer redis = RedisServer.start();

  @TempDir Path folder;

  private Sidecar start(String... settings) throws IOException {
    String[] all = java.util.Arrays.copyOf(settings, settings.length + 1);
    all[settings.length] = "proxy-protocol=true";
    return Sidecar.inFrontOf(redis.port(), all).awaitReady();
  }

  private static String header(String hex) {
    return new String(HexFormat.of().parseHex(SIGNATURE + hex), StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY TCP4 127.0.0.1 127.0.0.1 40000 6380\r\n",
        "PROXY TCP6 ::1 ::1 40000 6380\r\n",
      })
  void header_ofThisHost_isTakenOff_andItsClientTrusted(String header) throws IOException {
    try (Sidecar sidecar = start();
        RespClient client = sidecar.connect()) {
      assertThat(client.sendRaw(header + "PING\r\n").reply()).isEqualTo("+PONG\r\n");
      assertThat(client.call("SET", "k", "v")).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void header_version2_inPieces_isTakenOff() throws IOException {
    String local = header("20000000");
    try (Sidecar sidecar = start();
        RespClient client = sidecar.connect()) {
      for (char each : (local + "PING\r\n").toCharArray()) {
        client.sendRaw(String.valueOf(each));
      }
      assertThat(client.reply()).isEqualTo("+PONG\r\n");
    }
  }

  @ParameterizedTest
  @CsvSource({"loopback, -NOAUTH Authentication required.", "network, +PONG"})
  void header_ofElsewhere_takesTrustAway_unlessTheNetworkIsTrusted(String trust, String reply)
      throws IOException {
    String[] headers = {
      "PROXY TCP4 192.0.2.1 127.0.0.1 40000 6380\r\n", "PROXY UNKNOWN\r\n", header(FROM_ELSEWHERE)
    };
    try (Sidecar sidecar = start("trust=" + trust)) {
      for (String header : headers) {
        try (RespClient client = sidecar.connect()) {
          assertThat(client.sendRaw(header + "PING\r\n").reply()).isEqualTo(reply + "\r\n");
        }
      }
    }
  }

  @Test
  void clientWithoutHeader_isClosed_andCounted() throws IOException {
    try (Sidecar sidecar = start();
        RespClient client = sidecar.connect()) {
      client.sendRaw("*1\r\n$4\r\nPING\r\n".repeat(20));
      assertThat(client.rest()).isEmpty();
      String rejected = "nearside_clients_rejected_total{reason=\"proxy-protocol\"}";
      Waiting.until("it is counted, once", () -> sidecar.metric(rejected) == 1);
    }
  }

  @Test
  void portCheck_isForgottenAtOnce_andNotCounted() throws IOException {
    try (Sidecar sidecar = start()) {
      sidecar.connect().close();
      Waiting.until("it is gone", () -> sidecar.metric("nearside_clients") == 0);
      assertThat(sidecar.metric("nearside_clients_rejected_total{reason=\"proxy-protocol\"}"))
          .isZero();
    }
  }

  @Test
  void header_withoutBeingAskedFor_isNoCommand() throws IOException {
    try (Sidecar sidecar = Sidecar.inFrontOf(redis.port()).awaitReady();
        RespClient client = sidecar.connect()) {
      client.sendRaw("PROXY TCP4 192.0.2.1 127.0.0.1 40000 6380\r\n");
      assertThat(client.reply()).startsWith("-ERR unknown command 'PROXY'");
    }
  }

  @Test
  void header_beforeTls_isTakenOff() throws Exception {
    Authority authority = Authority.in(folder, "one");
    Authority.Identity shown = authority.issue("sidecar");
    try (Sidecar sidecar =
            start("tls.certificate-file=" + shown.certificate(), "tls.key-file=" + shown.key());
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), sidecar.port())) {
      plain
          .getOutputStream()
          .write("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n".getBytes(StandardCharsets.US_ASCII));
      SSLSocket secured =
          (SSLSocket)
              authority
                  .clientContext(null)
                  .getSocketFactory()
                  .createSocket(plain, "127.0.0.1", sidecar.port(), true);
      try (RespClient client = RespClient.over(secured)) {
        assertThat(client.call("PING")).isEqualTo("+PONG\r\n");
      }
    }
  }
}
