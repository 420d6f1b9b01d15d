package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A client from elsewhere that has not said who it is may send next to nothing. */
class StrangerTest {
  private static final String NO_AUTH = "-NOAUTH Authentication required.\r\n";

  @Test
  void manyArguments_ofAStranger_areRefusedAndItIsClosed() {
    EmbeddedClient stranger = EmbeddedClient.connect(false);
    assertThat(stranger.answer("GET k\r\n*11\r\n"))
        .isEqualTo(NO_AUTH + "-ERR Protocol error: unauthenticated multibulk length\r\n");
    assertThat(stranger.channel.isOpen()).isFalse();
  }

  @Test
  void longArgument_ofAStranger_isRefusedAndItIsClosed() {
    EmbeddedClient stranger = EmbeddedClient.connect(false);
    assertThat(stranger.answer("*2\r\n$3\r\nGET\r\n$16385\r\n"))
        .isEqualTo("-ERR Protocol error: unauthenticated bulk length\r\n");
    assertThat(stranger.channel.isOpen()).isFalse();
  }

  @Test
  void mostAllowed_ofAStranger_isAnsweredAndItStays() {
    EmbeddedClient stranger = EmbeddedClient.connect(false);
    String argument = "$16384\r\n" + "x".repeat(16_384) + "\r\n";
    assertThat(stranger.answer("*10\r\n" + argument.repeat(10))).isEqualTo(NO_AUTH);
    assertThat(stranger.answer("GET k\r\n")).isEqualTo(NO_AUTH);
    assertThat(stranger.channel.isOpen()).isTrue();
    stranger.channel.close();
  }

  @Test
  void sameRequests_ofATrustedClient_areNotRefused() {
    EmbeddedClient trusted = EmbeddedClient.connect(true);
    assertThat(trusted.answer("*11\r\n$4\r\nMGET\r\n")).isEmpty();
    assertThat(trusted.channel.isOpen()).isTrue();
    trusted.channel.close();
  }

  @Test
  void request_ofAStranger_isRefusedInTheOrderOfRedis() {
    EmbeddedClient stranger = EmbeddedClient.connect(false);
    assertThat(stranger.answer("GET\r\nEXEC\r\nEXEC x\r\nCONFIG\r\n"))
        .isEqualTo(
            "-ERR wrong number of arguments for 'get' command\r\n"
                + "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.\r\n"
                + "-EXECABORT Transaction discarded because of: wrong number of arguments for"
                + " 'exec' command\r\n"
                + "-ERR wrong number of arguments for 'config' command\r\n");
    assertThat(stranger.answer("HELLO 3 SETNAME AUTH\r\n")).startsWith("-NOAUTH HELLO must");
    stranger.channel.close();
  }
}
