package dev.nearside.proxy.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.config.NearsideConfig.Tls;
import dev.nearside.proxy.config.NearsideConfig.TlsVerify;
import dev.nearside.proxy.scene.Authority;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsServerTest {
  @TempDir Path folder;

  private Authority authority;
  private Authority.Identity shown;
  private TlsServer server;

  @BeforeEach
  void start() throws Exception {
    authority = Authority.in(folder, "one");
    shown = authority.issue("shown");
    server =
        TlsServer.of(
            new Tls(shown.certificate().toString(), shown.key().toString(), null, TlsVerify.CA));
  }

  private X509Certificate first() {
    return server.certificates().chain().getFirst();
  }

  private void replaceBy(Authority.Identity next) throws IOException {
    Authority.replace(shown.certificate(), next.certificate());
    Authority.replace(shown.key(), next.key());
  }

  @Test
  void read_theSameFiles_isNoChange() throws IOException {
    X509Certificate before = first();
    assertThat(server.read()).isFalse();
    assertThat(first()).isEqualTo(before);
  }

  @Test
  void read_anotherPair_isTaken() throws Exception {
    X509Certificate before = first();
    replaceBy(authority.issue("next"));
    assertThat(server.read()).isTrue();
    assertThat(first()).isNotEqualTo(before);
  }

  @Test
  void read_halfAPair_isRefused_andNothingChanges() throws Exception {
    X509Certificate before = first();
    Authority.replace(shown.certificate(), authority.issue("next").certificate());
    assertThatThrownBy(server::read)
        .hasMessage(shown.key() + " holds another key than the certificate's");
    assertThat(first()).isEqualTo(before);
  }

  @Test
  void read_expiredPair_isRefused_andNothingChanges() throws Exception {
    X509Certificate before = first();
    replaceBy(authority.issueExpired("late"));
    assertThatThrownBy(server::read).hasMessageContaining("not in date");
    assertThat(first()).isEqualTo(before);
  }
}
