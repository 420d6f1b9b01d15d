package dev.nearside.proxy.security;

import dev.nearside.proxy.config.NearsideConfig.Tls;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One side of TLS whose files are read again when they change: handshakes that begin afterwards use
 * what they say then, and connections that stand are left alone. A certificate whose time is over
 * is not put in the place of another.
 */
abstract class TlsSide implements WatchedFiles.Reader {
  private static final Logger log = LoggerFactory.getLogger(TlsSide.class);

  private final Tls files;
  private volatile Made made;

  /** What the files said, and the context made of it, which remembers sessions. */
  private record Made(Certificates certificates, SslContext context) {}

  /**
   * Reads the files.
   *
   * @throws IOException when they cannot be used; says which and why
   */
  TlsSide(Tls files) throws IOException {
    this.files = files;
    Certificates read = Certificates.read(files);
    this.made = new Made(read, context(read, files));
    try {
      read.checkDates();
    } catch (IOException e) {
      log.warn("{}: {}", name(), e.getMessage());
    }
  }

  /** Makes the context of {@code certificates}, as {@code files} want it. */
  abstract SslContext context(Certificates certificates, Tls files) throws IOException;

  @Override
  public List<Path> files() {
    return Certificates.files(files);
  }

  @Override
  public boolean read() throws IOException {
    Certificates read = Certificates.read(files);
    if (read.equals(made.certificates)) {
      return false;
    }
    read.checkDates();
    made = new Made(read, context(read, files));
    return true;
  }

  Certificates certificates() {
    return made.certificates;
  }

  SslContext context() {
    return made.context;
  }
}
