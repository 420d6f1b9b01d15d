package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.Authority;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.TlsRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * {@link Shape#TLS}: one authority for both sides, whose files are in the folder.
 *
 * @param context what a client of the sidecar trusts
 */
record TlsUpstream(
    Path folder, Authority authority, Authority.Identity own, SSLContext context, TlsRedis redis)
    implements Upstream {
  static TlsUpstream start(RedisProgram program, String... serverArgs) throws Exception {
    Path folder = Files.createTempDirectory("nearside-parity");
    Authority authority = Authority.in(folder, "one");
    return new TlsUpstream(
        folder,
        authority,
        authority.issue("sidecar"),
        authority.clientContext(null),
        TlsRedis.start(program, authority.issue("redis"), serverArgs));
  }

  @Override
  public List<String> settings() {
    return List.of(
        "upstream.uri=rediss://127.0.0.1:" + redis.tlsPort(),
        "upstream.tls-ca-file=" + authority.file(),
        "tls.certificate-file=" + own.certificate(),
        "tls.key-file=" + own.key());
  }

  @Override
  public RespClient connect(Sidecar sidecar) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", sidecar.port());
    socket.startHandshake();
    return RespClient.over(socket);
  }

  @Override
  public List<Integer> ports() {
    return List.of(redis.port());
  }

  @Override
  public void close() throws IOException {
    redis.close();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
