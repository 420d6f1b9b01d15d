package dev.nearside.proxy.security;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;

/** Why a server and this sidecar do not take each other, in words that say whose fault it is. */
public final class TlsRefusal {
  private TlsRefusal() {}

  /**
   * Returns what {@code failure}, whatever wraps it, comes from; its own message if nothing of TLS.
   */
  public static String words(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String said = String.valueOf(root.getMessage());
    return switch (root) {
      case CertificateExpiredException _ -> "the server's certificate has expired: " + said;
      case CertificateNotYetValidException _ -> "the server's certificate is of later: " + said;
      case CertificateException _ -> "the server's certificate names another host: " + said;
      case CertPathBuilderException _ ->
          "the server's certificate is signed by no authority that is trusted: " + said;
      case SSLException _ when said.contains("certificate") ->
          "the server wants another certificate of this sidecar's, or any: " + said;
      case SSLException _ -> "TLS failed: " + said;
      default -> said;
    };
  }
}
