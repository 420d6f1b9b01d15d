package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.Authority;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * TLS on both sides of a sidecar: one authority, whose files are in the folder.
 *
 * @param own what the sidecar shows its clients
 * @param context what a client of the sidecar trusts
 */
record TlsLinks(Path folder, Authority authority, Authority.Identity own, SSLContext context)
    implements AutoCloseable {
  static TlsLinks create() throws Exception {
    Path folder = Files.createTempDirectory("nearside-parity");
    Authority authority = Authority.in(folder, "one");
    return new TlsLinks(
        folder, authority, authority.issue("sidecar"), authority.clientContext(null));
  }

  /** Returns the settings of a sidecar that finds Redis by this URI. */
  List<String> settings(String uri) {
    return List.of(
        "upstream.uri=" + uri,
        "upstream.tls-ca-file=" + authority.file(),
        "tls.certificate-file=" + own.certificate(),
        "tls.key-file=" + own.key());
  }

  /** Connects a client to a sidecar that has these settings. */
  RespClient connect(Sidecar sidecar) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", sidecar.port());
    socket.startHandshake();
    return RespClient.over(socket);
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
