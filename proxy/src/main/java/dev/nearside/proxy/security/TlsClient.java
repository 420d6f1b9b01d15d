package dev.nearside.proxy.security;

import dev.nearside.proxy.config.NearsideConfig.Tls;
import dev.nearside.proxy.config.NearsideConfig.TlsVerify;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetSocketAddress;

/** TLS as the upstream meets it. Thread-safe. */
public final class TlsClient extends TlsSide {
  private static final String NAMES_OF_HTTPS = "HTTPS"; // Java's name for RFC 2818
  private static final String NO_NAMES = "";

  private final TlsVerify verify;

  private TlsClient(Tls files) throws IOException {
    super(files);
    this.verify = files.verify();
  }

  /**
   * Returns the client's side.
   *
   * @throws IOException when the files cannot be used; says which and why
   */
  public static TlsClient of(Tls files) throws IOException {
    return new TlsClient(files);
  }

  /** Returns the handler for one connection to {@code server}. */
  public SslHandler newHandler(ByteBufAllocator buffers, InetSocketAddress server) {
    return context().newHandler(buffers, server.getHostString(), server.getPort());
  }

  /** Returns whether the server's certificate must name the host. */
  public boolean checksName() {
    return verify == TlsVerify.FULL;
  }

  /** Has a context that others make show and trust what the files say now. */
  public void use(SslContextBuilder builder) {
    certificates().use(builder);
  }

  @Override
  public String name() {
    return "certificates for the upstream";
  }

  @Override
  SslContext context(Certificates certificates, Tls files) throws IOException {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .endpointIdentificationAlgorithm(
                files.verify() == TlsVerify.FULL ? NAMES_OF_HTTPS : NO_NAMES);
    certificates.use(builder);
    return builder.build();
  }
}
