package dev.nearside.proxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectTest {
  private static @Nullable Redirect of(String reply) {
    ByteBuf in = Unpooled.copiedBuffer("x" + reply + "x", StandardCharsets.UTF_8);
    return Redirect.of(in, 1, in.writerIndex() - 1);
  }

  @Test
  void of_movedAndAsk_isThePlace() {
    assertThat(of("-MOVED 3999 127.0.0.1:6381\r\n"))
        .isEqualTo(new Redirect.Moved(3999, "127.0.0.1", 6381));
    assertThat(of("-ASK 0 ::1:6381\r\n")).isEqualTo(new Redirect.Ask(0, "::1", 6381));
    assertThat(of("-MOVED 1 :7\r\n")).isEqualTo(new Redirect.Moved(1, "", 7));
    assertThat(of("-MOVED 1 ?:7\r\n")).isEqualTo(new Redirect.Moved(1, "", 7));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
        "-CLUSTERDOWN Hash slot not served\r\n"
      })
  void of_notNow_isLater(String reply) {
    assertThat(of(reply)).isEqualTo(new Redirect.Later());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+MOVED 1 a:1\r\n",
        "-MOVED\r\n",
        "-MOVED 1\r\n",
        "-MOVED 16384 a:1\r\n",
        "-MOVED -1 a:1\r\n",
        "-MOVED x a:1\r\n",
        "-MOVED 1 a:x\r\n",
        "-ASK 1 a\r\n",
        "-ERR MOVED\r\n",
        "$-1\r\n",
      })
  void of_anythingElse_isNone(String reply) {
    assertThat(of(reply)).isNull();
  }
}
