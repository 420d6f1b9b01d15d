package dev.nearside.proxy.security;

import dev.nearside.proxy.config.NearsideConfig.Tls;
import dev.nearside.proxy.config.TlsChecks;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Objects;

/** TLS as clients meet it. Thread-safe. */
public final class TlsServer extends TlsSide {
  /** The checks of a configuration's files, of either side. */
  public static final TlsChecks CHECKS = Certificates.CHECKS;

  private TlsServer(Tls files) throws IOException {
    super(files);
  }

  /**
   * Returns the server's side.
   *
   * @param files its certificate file and key file are not null
   * @throws IOException when they cannot be used; says which and why
   */
  public static TlsServer of(Tls files) throws IOException {
    return new TlsServer(files);
  }

  /** Returns the handler for one client's connection. */
  public SslHandler newHandler(ByteBufAllocator buffers) {
    return context().newHandler(buffers);
  }

  @Override
  public String name() {
    return "certificates for clients";
  }

  @Override
  SslContext context(Certificates certificates, Tls files) throws IOException {
    PrivateKey key = Objects.requireNonNull(certificates.key());
    SslContextBuilder builder =
        SslContextBuilder.forServer(key, certificates.chain().toArray(X509Certificate[]::new))
            .sslProvider(SslProvider.JDK);
    if (!certificates.authorities().isEmpty()) {
      certificates.trust(builder);
      builder.clientAuth(ClientAuth.REQUIRE);
    }
    return builder.build();
  }
}
