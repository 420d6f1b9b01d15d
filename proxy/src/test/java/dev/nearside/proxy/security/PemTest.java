package dev.nearside.proxy.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.proxy.config.TlsChecks;
import dev.nearside.proxy.scene.Authority;
import dev.nearside.proxy.scene.RedisProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PemTest {
  /** Before the RSA key that PKCS#8 wraps, where that is of 2048 bits. */
  private static final int PKCS8_HEAD = 26;

  @TempDir Path folder;

  private String file(String content) throws IOException {
    return Files.writeString(folder.resolve("file.pem"), content).toString();
  }

  private static String pem(String kind, byte[] der) {
    String base64 = Base64.getMimeEncoder().encodeToString(der);
    return "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n";
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC", "Ed25519"})
  void key_pkcs8_isRead(String algorithm) throws Exception {
    PrivateKey key = KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate();
    assertThat(Pem.key(file("words before\n" + pem("PRIVATE KEY", key.getEncoded()))))
        .isEqualTo(key);
  }

  @Test
  void key_pkcs1_isRead() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    PrivateKey key = generator.generateKeyPair().getPrivate();
    byte[] all = key.getEncoded();
    byte[] bare = java.util.Arrays.copyOfRange(all, PKCS8_HEAD, all.length);
    assertThat(Pem.key(file(pem("RSA PRIVATE KEY", bare)))).isEqualTo(key);
  }

  @ParameterizedTest
  @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
  void key_sec1_asOpensslWritesIt_isRead(String curve) throws Exception {
    assumeTrue(RedisProgram.find("openssl").isPresent(), "openssl is not installed");
    Path file = folder.resolve("ec.pem");
    Process openssl =
        new ProcessBuilder("openssl", "ecparam", "-name", curve, "-genkey", "-out", file.toString())
            .inheritIO()
            .start();
    assertThat(openssl.waitFor()).isZero();
    assertThat(file).content().contains("BEGIN EC PRIVATE KEY");
    assertThat(Pem.key(file.toString()).getAlgorithm()).isEqualTo("EC");
  }

  @Test
  void certificatesAndKey_inOneFile_areBothRead() throws Exception {
    Authority.Identity one = Authority.in(folder, "one").issue("a");
    String both = file(Files.readString(one.key()) + Files.readString(one.certificate()));
    assertThat(Pem.certificates(both)).hasSize(1);
    assertThat(Pem.key(both).getAlgorithm()).isEqualTo("EC");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | holds no private key in PEM",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----AAAA-----END ENCRYPTED PRIVATE KEY-----"
            + "| holds an encrypted key, and no passphrase is known",
        "-----BEGIN EC PRIVATE KEY-----AAAA-----END EC PRIVATE KEY-----"
            + "| holds an EC key that cannot be read",
        "-----BEGIN DSA PRIVATE KEY-----AAAA-----END DSA PRIVATE KEY-----"
            + "| holds a key in the form DSA; openssl pkcs8 -topk8 -nocrypt makes PKCS#8 of it,"
            + " which can be read",
        "-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----"
            + "| holds a private key that is none of RSA, EC, EdDSA, RSASSA-PSS",
        "-----BEGIN RSA PRIVATE KEY-----A-----END RSA PRIVATE KEY-----"
            + "| holds a private key that is not base64",
      })
  void key_unreadable_isRefusedInWords(String content, String refusal) throws IOException {
    String file = file(content);
    assertThatThrownBy(() -> Pem.key(file)).isInstanceOf(IOException.class).hasMessage(refusal);
  }

  @ParameterizedTest
  @CsvSource({
    "'', holds no certificate in PEM",
    "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----, holds no certificate in PEM",
  })
  void certificates_unreadable_areRefusedInWords(String content, String refusal)
      throws IOException {
    String file = file(content);
    assertThatThrownBy(() -> Pem.certificates(file))
        .isInstanceOf(IOException.class)
        .hasMessage(refusal);
  }

  @Test
  void file_absent_isRefusedInWords() {
    String absent = folder.resolve("absent").toString();
    assertThatThrownBy(() -> Pem.certificates(absent)).hasMessage("does not exist");
    assertThatThrownBy(() -> Pem.key(absent)).hasMessage("does not exist");
    assertThatThrownBy(() -> Pem.key(folder.toString())).hasMessage("cannot be read (IOException)");
  }

  @Test
  void checks_keyOfAnotherCertificate_isRefused() throws Exception {
    Authority authority = Authority.in(folder, "one");
    Authority.Identity one = authority.issue("a");
    Authority.Identity other = authority.issue("b");
    TlsChecks checks = TlsServer.CHECKS;
    checks.pair().accept(one.certificate().toString(), one.key().toString());
    assertThatThrownBy(
            () -> checks.pair().accept(one.certificate().toString(), other.key().toString()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("holds another key than the certificate's");
  }
}
