package dev.nearside.proxy.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.config.Discovery;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamCredentialsTest {
  @TempDir Path folder;

  private final AtomicInteger changes = new AtomicInteger();
  private final Set<Credentials> taken =
      Set.of(new Credentials("a", "2"), new Credentials("b", "3"));
  private Path user;
  private Path password;
  private UpstreamCredentials credentials;

  @BeforeEach
  void writeFiles() throws IOException {
    user = Files.writeString(folder.resolve("user"), "a");
    password = Files.writeString(folder.resolve("password"), "1");
    credentials =
        new UpstreamCredentials(
            new NearsideConfig.Upstream(
                new Discovery.Fixed(new Address("h", 1)),
                null,
                "a",
                user.toString(),
                "1",
                password.toString(),
                0,
                List.of(0),
                Duration.ofSeconds(1),
                Duration.ZERO,
                Duration.ZERO));
    credentials.onChange(
        tried -> {
          if (!taken.contains(tried)) {
            throw new IOException("WRONGPASS");
          }
        },
        changes::incrementAndGet);
  }

  @Test
  void password_changed_isTaken_withoutAnotherUser() throws IOException {
    assertThat(credentials.read()).isFalse();
    Files.writeString(password, "2\n");
    assertThat(credentials.read()).isTrue();
    assertThat(credentials.get()).isEqualTo(new Credentials("a", "2"));
    assertThat(changes).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void halfAPair_thatRedisRefuses_isNotTaken_andThePairIs(boolean userFirst) throws IOException {
    Files.writeString(userFirst ? user : password, userFirst ? "b" : "3");
    assertThatThrownBy(credentials::read).hasMessage("WRONGPASS");
    assertThat(credentials.get()).isEqualTo(new Credentials("a", "1"));
    Files.writeString(userFirst ? password : user, userFirst ? "3" : "b");
    assertThat(credentials.read()).isTrue();
    assertThat(credentials.get()).isEqualTo(new Credentials("b", "3"));
    assertThat(changes).hasValue(1);
  }

  @Test
  void file_goneOrEmpty_leavesWhatWasRead() throws IOException {
    Files.delete(password);
    assertThatThrownBy(credentials::read).hasMessage(password + " does not exist");
    Files.writeString(password, "\n");
    assertThatThrownBy(credentials::read).hasMessage(password + " is empty");
    assertThat(credentials.get()).isEqualTo(new Credentials("a", "1"));
  }

  @Test
  void password_isInNoText() {
    assertThat(credentials.get()).hasToString("a");
  }
}
