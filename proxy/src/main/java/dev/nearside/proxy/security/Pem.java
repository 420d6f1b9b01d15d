package dev.nearside.proxy.security;

import dev.nearside.proxy.config.ValueFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Certificates and private keys in PEM (RFC 7468). Keys are PKCS#8, or PKCS#1 as cert-manager
 * writes them unless told otherwise. The message of each refusal is a predicate, for example {@code
 * does not exist}.
 */
final class Pem {
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----(.*?)-----END \\1PRIVATE KEY-----",
          Pattern.DOTALL);
  private static final Pattern CERTIFICATE =
      Pattern.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", Pattern.DOTALL);
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");

  /** The algorithm rsaEncryption without parameters. */
  private static final byte[] RSA_ALGORITHM = {
    48, 13, 6, 9, 42, (byte) 134, 72, (byte) 134, (byte) 247, 13, 1, 1, 1, 5, 0
  };

  /** The identifier of ecPublicKey, which the curve's follows. */
  private static final byte[] EC_IDENTIFIER = {6, 7, 42, (byte) 134, 72, (byte) 206, 61, 2, 1};

  private static final byte[] VERSION = {2, 1, 0};
  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final byte CURVE = (byte) 0xa0;

  private Pem() {}

  /**
   * Returns the certificates of a file, at least one, in their order.
   *
   * @throws IOException when it has none
   */
  static List<X509Certificate> certificates(String file) throws IOException {
    StringBuilder content = new StringBuilder();
    CERTIFICATE
        .matcher(text(file))
        .results()
        .forEach(found -> content.append(found.group() + "\n"));
    try {
      List<X509Certificate> found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(
                      content.toString().getBytes(StandardCharsets.ISO_8859_1)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (found.isEmpty()) {
        throw new IOException("holds no certificate in PEM");
      }
      return found;
    } catch (CertificateException e) {
      throw new IOException("holds no certificate in PEM", e);
    }
  }

  /**
   * Returns the private key of a file.
   *
   * @throws IOException when it has none that can be read
   */
  static PrivateKey key(String file) throws IOException {
    Matcher found = KEY.matcher(text(file));
    if (!found.find()) {
      throw new IOException("holds no private key in PEM");
    }
    if (found.group(1).startsWith("ENCRYPTED") || found.group(2).contains("ENCRYPTED")) {
      throw new IOException("holds an encrypted key, and no passphrase is known");
    }
    byte[] encoded = decoded(found.group(2));
    return switch (found.group(1)) {
      case "" -> ofPkcs8(encoded);
      case "RSA " -> ofPkcs8(pkcs8(RSA_ALGORITHM, encoded));
      case "EC " -> ofPkcs8(pkcs8(ecAlgorithm(encoded), encoded));
      default ->
          throw new IOException(
              "holds a key in the form "
                  + found.group(1).strip()
                  + "; openssl pkcs8 -topk8 -nocrypt makes PKCS#8 of it, which can be read");
    };
  }

  private static String text(String file) throws IOException {
    return ValueFile.text(file, StandardCharsets.ISO_8859_1);
  }

  private static byte[] decoded(String base64) throws IOException {
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IOException("holds a private key that is not base64", e);
    }
  }

  private static PrivateKey ofPkcs8(byte[] encoded) throws IOException {
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      } catch (GeneralSecurityException another) {
        // the encoding says which it is, and each factory refuses the others'
      }
    }
    throw new IOException("holds a private key that is none of " + String.join(", ", ALGORITHMS));
  }

  /** RFC 5208: version, algorithm, and the key in a form of its own as an octet string. */
  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    return tagged(SEQUENCE, joined(VERSION, joined(algorithm, tagged(OCTET_STRING, key))));
  }

  /** RFC 5915: a sequence of version 1, the number, and the curve in a tag 0 of its own. */
  private static byte[] ecAlgorithm(byte[] key) throws IOException {
    try {
      int version = key[1] < 0 ? 3 : 2; // the sequence's length takes one byte or two
      int number = version + 2 + key[version + 1];
      int curve = number + 2 + key[number + 1];
      if (key[curve] != CURVE) {
        throw new IOException("holds an EC key that does not name its curve");
      }
      byte[] identifier = Arrays.copyOfRange(key, curve + 2, curve + 2 + key[curve + 1]);
      return tagged(SEQUENCE, joined(EC_IDENTIFIER, identifier));
    } catch (IndexOutOfBoundsException e) {
      throw new IOException("holds an EC key that cannot be read", e);
    }
  }

  /** DER: the tag, the length in as many bytes as it needs, the content. */
  private static byte[] tagged(int tag, byte[] content) {
    int length = content.length;
    byte[] head =
        length < 0x80
            ? new byte[] {(byte) tag, (byte) length}
            : length < 0x100
                ? new byte[] {(byte) tag, (byte) 0x81, (byte) length}
                : new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
    return joined(head, content);
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
