package dev.nearside.proxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RepliesTest {
  private final ByteBuf out = Unpooled.buffer(1);

  @ParameterizedTest
  @ValueSource(
      longs = {0, 9, 10, 99, 100, -1, -10, 1234567890123456789L, Long.MAX_VALUE, Long.MIN_VALUE})
  void writeInteger_anyLong_isItsDecimalForm(long value) {
    Replies.writeInteger(out, value);
    assertThat(text()).isEqualTo(":" + value + "\r\n");
  }

  @Test
  void writeInteger_everyPowerOfTen_hasTheRightNumberOfDigits() {
    for (long power = 1; power <= 1_000_000_000_000_000_000L / 10; power *= 10) {
      for (long value = power - 1; value <= power + 1; value++) {
        out.clear();
        Replies.writeInteger(out, value);
        assertThat(text()).isEqualTo(":" + value + "\r\n");
      }
    }
  }

  @Test
  void writeBulk_partOfAnArray_isLengthAndBytes() {
    Replies.writeBulk(out, "..hello world..".getBytes(StandardCharsets.US_ASCII), 2, 11);
    Replies.writeBulk(out, new byte[0], 0, 0);
    assertThat(text()).isEqualTo("$11\r\nhello world\r\n$0\r\n\r\n");
  }

  @Test
  void writeHeader_typeAndNumber_isOneLine() {
    Replies.writeArrayHeader(out, 9);
    Replies.writeArrayHeader(out, 10);
    Replies.writeHeader(out, '%', Integer.MAX_VALUE);
    assertThat(text()).isEqualTo("*9\r\n*10\r\n%2147483647\r\n");
  }

  @Test
  void error_lineBreaksInside_cannotEndTheReplyEarly() {
    assertThat(Replies.error("ERR a\r\nb")).asString().isEqualTo("-ERR a  b\r\n");
  }

  @Test
  void nulls_perProtocol_areTheirOwn() {
    assertThat(Replies.nullBulk(false)).asString().isEqualTo("$-1\r\n");
    assertThat(Replies.nullArray(false)).asString().isEqualTo("*-1\r\n");
    assertThat(Replies.nullBulk(true)).isEqualTo(Replies.nullArray(true));
    assertThat(Replies.nullBulk(true)).asString().isEqualTo("_\r\n");
    assertThat(Replies.ok()).asString().isEqualTo("+OK\r\n");
    assertThat(Replies.pong()).asString().isEqualTo("+PONG\r\n");
  }

  private String text() {
    return out.toString(StandardCharsets.ISO_8859_1);
  }
}
