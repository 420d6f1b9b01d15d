package dev.nearside.proxy.security;

import dev.nearside.proxy.config.NearsideConfig.Tls;
import dev.nearside.proxy.config.TlsChecks;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the files of one side of TLS held when they were read.
 *
 * @param chain its own certificate and those of its issuers; empty where it shows none
 * @param key that certificate's private key, or null likewise
 * @param authorities who may have signed the other side's; empty where the files name none
 */
record Certificates(
    List<X509Certificate> chain, @Nullable PrivateKey key, List<X509Certificate> authorities) {
  /** The checks of a configuration's files. */
  static final TlsChecks CHECKS =
      new TlsChecks(
          file -> refuseUnless(() -> Pem.certificates(file)),
          file -> refuseUnless(() -> Pem.key(file)),
          (certificates, key) ->
              refuseUnless(
                  () -> checkPair(Pem.certificates(certificates).getFirst(), Pem.key(key))));

  private interface Check {
    void run() throws IOException;
  }

  private static void refuseUnless(Check check) {
    try {
      check.run();
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /**
   * Reads the files.
   *
   * @throws IOException when they cannot be used; says which and why
   */
  static Certificates read(Tls files) throws IOException {
    List<X509Certificate> chain = certificates(files.certificateFile());
    PrivateKey key = null;
    String keyFile = files.keyFile();
    if (keyFile != null) {
      try {
        key = Pem.key(keyFile);
        checkPair(chain.getFirst(), key);
      } catch (IOException e) {
        throw new IOException(keyFile + " " + e.getMessage(), e);
      }
    }
    return new Certificates(chain, key, certificates(files.authoritiesFile()));
  }

  /** Returns the files that are named. */
  static List<Path> files(Tls files) {
    return Stream.of(files.certificateFile(), files.keyFile(), files.authoritiesFile())
        .filter(Objects::nonNull)
        .map(Path::of)
        .toList();
  }

  private static List<X509Certificate> certificates(@Nullable String file) throws IOException {
    if (file == null) {
      return List.of();
    }
    try {
      return Pem.certificates(file);
    } catch (IOException e) {
      throw new IOException(file + " " + e.getMessage(), e);
    }
  }

  /** Of RSA both have the modulus; otherwise, what the key signs, the certificate must verify. */
  private static void checkPair(X509Certificate certificate, PrivateKey key) throws IOException {
    PublicKey shown = certificate.getPublicKey();
    boolean fits =
        (key instanceof RSAKey own && shown instanceof RSAKey other)
            ? own.getModulus().equals(other.getModulus())
            : verifies(shown, key);
    if (!fits) {
      throw new IOException("holds another key than the certificate's");
    }
  }

  private static boolean verifies(PublicKey shown, PrivateKey key) throws IOException {
    if (!shown.getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : key.getAlgorithm();
    byte[] sample = {1};
    try {
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(sample);
      Signature verifying = Signature.getInstance(algorithm);
      verifying.initVerify(shown);
      verifying.update(sample);
      return verifying.verify(signing.sign());
    } catch (GeneralSecurityException e) {
      throw new IOException("holds a key that cannot be used: " + e.getMessage(), e);
    }
  }

  /**
   * Checks that its own certificate is in date.
   *
   * @throws IOException when it is not; says so
   */
  void checkDates() throws IOException {
    if (chain.isEmpty()) {
      return;
    }
    try {
      chain.getFirst().checkValidity();
    } catch (CertificateException e) {
      throw new IOException("the certificate is not in date: " + e.getMessage(), e);
    }
  }

  /** Has {@code context} show and trust these. */
  void use(SslContextBuilder context) {
    if (key != null) {
      context.keyManager(key, chain.toArray(X509Certificate[]::new));
    }
    trust(context);
  }

  /** Has {@code context} trust these, or Java's own where there are none. */
  void trust(SslContextBuilder context) {
    if (!authorities.isEmpty()) {
      context.trustManager(authorities.toArray(X509Certificate[]::new));
    }
  }
}
