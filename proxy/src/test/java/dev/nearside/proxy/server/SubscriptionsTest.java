package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubscriptionsTest {
  private final Subscriptions subscriptions = new Subscriptions();

  private boolean note(String frame) {
    ByteBuf in = Unpooled.copiedBuffer(frame, StandardCharsets.ISO_8859_1);
    return subscriptions.note(in, 0, in.writerIndex());
  }

  @Test
  void note_eachConfirmation_tellsWhetherAnyIsLeft() {
    assertThat(note("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")).isTrue();
    assertThat(note("*3\r\n$10\r\npsubscribe\r\n$1\r\np\r\n:2\r\n")).isTrue();
    assertThat(note("*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:1\r\n")).isTrue();
    assertThat(note("*3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n")).isTrue();
    assertThat(note("*3\r\n$12\r\npunsubscribe\r\n$1\r\np\r\n:0\r\n")).isTrue();
    assertThat(note("*3\r\n$12\r\nsunsubscribe\r\n$1\r\ns\r\n:0\r\n")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*2\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n",
        "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:9999999999\r\n",
        "*1\r\n:1\r\n",
        "+OK\r\n",
        "_\r\n"
      })
  void note_whatIsNoConfirmation_changesNothing(String frame) {
    assertThat(note(frame)).isFalse();
    note("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    assertThat(note(frame)).isTrue();
  }
}
