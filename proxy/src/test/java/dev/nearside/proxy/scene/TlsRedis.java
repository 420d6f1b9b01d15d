package dev.nearside.proxy.scene;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A real Redis that listens in clear, too, and by TLS. */
public final class TlsRedis implements AutoCloseable {
  private final RedisServer redis;
  private final int tlsPort;

  private TlsRedis(RedisServer redis, int tlsPort) {
    this.redis = redis;
    this.tlsPort = tlsPort;
  }

  /**
   * Starts one; skips the test where the redis-server at hand cannot do TLS.
   *
   * @param shown its certificate
   * @param clients who must have signed its clients' certificates; null asks them for none
   */
  public static TlsRedis start(Authority.Identity shown, @Nullable Authority clients)
      throws IOException {
    return startOnPort(freePort(), shown, clients);
  }

  /** As {@link #start}, of a program the caller chose, with more of its options. */
  public static TlsRedis start(RedisProgram program, Authority.Identity shown, String... more)
      throws IOException {
    return launch(program, freePort(), shown, null, more);
  }

  /** As {@link #start}, where another was before. */
  public static TlsRedis startOnPort(
      int tlsPort, Authority.Identity shown, @Nullable Authority clients) {
    return launch(RedisProgram.preferred(), tlsPort, shown, clients);
  }

  private static TlsRedis launch(
      RedisProgram program,
      int tlsPort,
      Authority.Identity shown,
      @Nullable Authority clients,
      String... more) {
    assumeTrue(program.hasTls(), "the carried Redis has no TLS");
    List<String> args = new ArrayList<>(List.of(more));
    args.addAll(List.of("--tls-port", String.valueOf(tlsPort)));
    args.addAll(List.of("--tls-cert-file", shown.certificate().toString()));
    args.addAll(List.of("--tls-key-file", shown.key().toString()));
    if (clients == null) {
      args.addAll(List.of("--tls-auth-clients", "no"));
      args.addAll(List.of("--tls-ca-cert-file", shown.certificate().toString()));
    } else {
      args.addAll(List.of("--tls-ca-cert-file", clients.file().toString()));
    }
    return new TlsRedis(RedisServer.start(program, args.toArray(String[]::new)), tlsPort);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Returns the port of TLS, on 127.0.0.1. */
  public int tlsPort() {
    return tlsPort;
  }

  /** Returns the port in clear, on 127.0.0.1. */
  public int port() {
    return redis.port();
  }

  /** Connects in clear, past every sidecar. */
  public RespClient connect() throws IOException {
    return RespClient.connect(redis.port());
  }

  @Override
  public void close() {
    redis.close();
  }
}
