package dev.nearside.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class ReplyCounterTest {
  /** A bulk string that looks like replies, an empty one, a nil, and every one-line type. */
  private static final String SIX =
      "$10\r\n+a\r\n-b\r\n:1\r\n$0\r\n\r\n$-1\r\n+OK\r\n:-12\r\n-ERR no\r\n";

  @Test
  void count_sixRepliesCutAtEveryByte_sixAndOneError() {
    byte[] bytes = SIX.getBytes(StandardCharsets.US_ASCII);
    for (int cut = 0; cut <= bytes.length; cut++) {
      ReplyCounter counter = new ReplyCounter();
      int before = counter.count(ByteBuffer.wrap(bytes, 0, cut));
      int after = counter.count(ByteBuffer.wrap(bytes, cut, bytes.length - cut));
      assertThat(before + after).as("cut at %d", cut).isEqualTo(6);
      assertThat(counter.errors()).isEqualTo(1);
    }
  }

  @Test
  void count_byteByByte_replyEndsWithItsLastByte() {
    ReplyCounter counter = new ReplyCounter();
    byte[] bytes = "$3\r\nabc\r\n".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < bytes.length; i++) {
      int expected = i == bytes.length - 1 ? 1 : 0;
      assertThat(counter.count(ByteBuffer.wrap(bytes, i, 1))).as("byte %d", i).isEqualTo(expected);
    }
  }

  @Test
  void count_array_isRefused() {
    ReplyCounter counter = new ReplyCounter();
    ByteBuffer array = ByteBuffer.wrap("*1\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> counter.count(array)).isInstanceOf(IllegalStateException.class);
  }
}
