package dev.nearside.proxy.scene;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A certificate authority of a test, and what it signs, as PEM files in one folder. */
public final class Authority {
  private static final Duration DAY = Duration.ofDays(1);

  private final Path folder;
  private final X509Bundle bundle;
  private final Path file;

  /**
   * Certificates that were written, with their key.
   *
   * @param certificate the chain, without the authority
   * @param key its private key, PKCS#8
   */
  public record Identity(Path certificate, Path key) {}

  private Authority(Path folder, String name) throws Exception {
    this.folder = folder;
    bundle = builder(name).setIsCertificateAuthority(true).buildSelfSigned();
    file = Files.writeString(folder.resolve(name + "-ca.pem"), bundle.getCertificatePEM());
  }

  /** Makes an authority whose files are in {@code folder}. */
  public static Authority in(Path folder, String name) throws Exception {
    return new Authority(folder, name);
  }

  /** Returns its own certificate. */
  public Path file() {
    return file;
  }

  /** Signs a certificate for 127.0.0.1 and localhost. */
  public Identity issue(String name) throws Exception {
    return write(name, builder(name).addSanIpAddress("127.0.0.1").addSanDnsName("localhost"));
  }

  /** Signs a certificate that names another host. */
  public Identity issueForElsewhere(String name) throws Exception {
    return write(name, builder(name).addSanDnsName("elsewhere.example"));
  }

  /** Signs a certificate that was good until yesterday. */
  public Identity issueExpired(String name) throws Exception {
    Instant now = Instant.now();
    return write(
        name,
        builder(name)
            .addSanIpAddress("127.0.0.1")
            .notBefore(now.minus(DAY.multipliedBy(10)))
            .notAfter(now.minus(DAY)));
  }

  /**
   * Returns what a client trusts that trusts this authority.
   *
   * @param shown the client's own certificate, or null for none
   */
  public SSLContext clientContext(@Nullable Identity shown) throws Exception {
    SslContextBuilder builder =
        SslContextBuilder.forClient().sslProvider(SslProvider.JDK).trustManager(file.toFile());
    if (shown != null) {
      builder.keyManager(shown.certificate().toFile(), shown.key().toFile());
    }
    return ((JdkSslContext) builder.build()).context();
  }

  private static CertificateBuilder builder(String name) {
    return new CertificateBuilder().ecp256().subject("CN=" + name);
  }

  private Identity write(String name, CertificateBuilder builder) throws Exception {
    X509Bundle issued = builder.buildIssuedBy(bundle);
    return new Identity(
        Files.writeString(folder.resolve(name + ".pem"), issued.getCertificatePEM()),
        Files.writeString(folder.resolve(name + ".key"), issued.getPrivateKeyPEM()));
  }

  /** Puts the content of {@code source} at {@code target} at once, as a rotation does. */
  public static void replace(Path target, Path source) throws IOException {
    Path copy = target.resolveSibling(target.getFileName() + ".new");
    Files.copy(source, copy, StandardCopyOption.REPLACE_EXISTING);
    Files.move(copy, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
