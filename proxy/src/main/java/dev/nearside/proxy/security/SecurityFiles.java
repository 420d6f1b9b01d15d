package dev.nearside.proxy.security;

import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Tls;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * All that the configuration says of certificates, keys and credentials; what it has in files is
 * followed from {@link #watch} on.
 */
public final class SecurityFiles implements AutoCloseable {
  private final WatchedFiles watched = new WatchedFiles();
  private final @Nullable TlsServer server;
  private final @Nullable TlsClient upstream;
  private final UpstreamCredentials credentials;

  /**
   * Reads the files.
   *
   * @throws IOException when they cannot be used; says which and why
   */
  public SecurityFiles(NearsideConfig config) throws IOException {
    Tls listener = config.tls();
    server = listener == null ? null : TlsServer.of(listener);
    Tls outwards = config.upstream().tls();
    upstream = outwards == null ? null : TlsClient.of(outwards);
    credentials = new UpstreamCredentials(config.upstream());
    for (WatchedFiles.@Nullable Reader reader :
        new WatchedFiles.@Nullable Reader[] {server, upstream, credentials}) {
      if (reader != null) {
        watched.add(reader);
      }
    }
  }

  /** Returns TLS for clients, or null where they connect in clear. */
  public @Nullable TlsServer server() {
    return server;
  }

  /** Returns TLS for the upstream, or null where it is reached in clear. */
  public @Nullable TlsClient upstream() {
    return upstream;
  }

  /** Returns as whom the sidecar acts at the upstream. */
  public UpstreamCredentials credentials() {
    return credentials;
  }

  /** Reads files again from now on, when they change. */
  public void watch() {
    watched.start();
  }

  @Override
  public void close() {
    watched.close();
  }
}
