package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A certificate for this machine's loopback that signs itself, made for one run by the JDK's own
 * keytool, as PEM files. Immutable.
 *
 * @param certificate what whoever connects has to trust
 * @param key its private key, PKCS#8
 * @param both the two in one file, as HAProxy wants them
 */
public record TlsIdentity(Path certificate, Path key, Path both) {
  private static final String ALIAS = "server";
  private static final String PASSWORD = "for one run"; // of a store that nobody keeps
  private static final Base64.Encoder BASE64 =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  /**
   * Makes one.
   *
   * @param directory an existing one for its files
   * @throws IOException if it cannot be made
   */
  public static TlsIdentity create(Path directory) throws IOException {
    Path store = directory.resolve("identity.p12");
    List<String> keytool =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-keyalg",
            "RSA",
            "-keysize",
            "2048",
            "-dname",
            "CN=nearside bench",
            "-ext",
            "SAN=IP:127.0.0.1,DNS:localhost",
            "-validity",
            "7",
            "-storetype",
            "PKCS12",
            "-alias",
            ALIAS,
            "-storepass",
            PASSWORD,
            "-keystore",
            store.toString());
    if (Programs.output(keytool).isEmpty()) {
      throw new IOException("keytool makes no certificate: " + String.join(" ", keytool));
    }
    return written(store, directory);
  }

  private static TlsIdentity written(Path store, Path directory) throws IOException {
    try (InputStream in = Files.newInputStream(store)) {
      char[] password = PASSWORD.toCharArray();
      KeyStore made = KeyStore.getInstance("PKCS12");
      made.load(in, password);
      Certificate certificate = made.getCertificate(ALIAS);
      Key key = made.getKey(ALIAS, password);
      String shown = pem("CERTIFICATE", certificate.getEncoded());
      String secret = pem("PRIVATE KEY", key.getEncoded());
      return new TlsIdentity(
          Files.writeString(directory.resolve("server.pem"), shown),
          Files.writeString(directory.resolve("server.key"), secret),
          Files.writeString(directory.resolve("server-both.pem"), shown + secret));
    } catch (GeneralSecurityException e) {
      throw new IOException("the certificate cannot be read: " + e.getMessage(), e);
    }
  }

  private static String pem(String kind, byte[] bytes) {
    String text = BASE64.encodeToString(bytes);
    return "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n";
  }

  /**
   * Returns what a client trusts that trusts one certificate.
   *
   * @param certificate a PEM file
   * @throws IOException if it cannot be read
   */
  public static SSLContext trusting(Path certificate) throws IOException {
    try (InputStream in = Files.newInputStream(certificate)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      char @Nullable [] none = null;
      trusted.load(null, none);
      trusted.setCertificateEntry(
          ALIAS, CertificateFactory.getInstance("X.509").generateCertificate(in));
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the certificate cannot be trusted: " + e.getMessage(), e);
    }
  }

  /**
   * Returns which version and which cipher a server on loopback and this JDK agree on.
   *
   * @param certificate a PEM file with what is shown there
   * @throws IOException if they do not
   */
  public static String agreedWith(int port, Path certificate) throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            trusting(certificate)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.startHandshake();
      SSLSession session = socket.getSession();
      return session.getProtocol() + ", " + session.getCipherSuite();
    }
  }
}
