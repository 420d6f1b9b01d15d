package dev.nearside.proxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.fuzz.Allocation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyScannerTest {
  private final ReplyScanner scanner = new ReplyScanner();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+OK\r\n",
        "+\r\n",
        "+a\rb\nc\r\n",
        "-ERR unknown command\r\n",
        ":-42\r\n",
        "$0\r\n\r\n",
        "$5\r\nhe\r\no\r\n",
        "$-1\r\n",
        "*0\r\n",
        "*-1\r\n",
        "*3\r\n:1\r\n$-1\r\n$2\r\nhi\r\n",
        "*2\r\n*1\r\n*0\r\n*2\r\n+a\r\n*1\r\n$1\r\nb\r\n",
        "_\r\n",
        "#t\r\n",
        ",3.25\r\n",
        ",inf\r\n",
        "(3492890328409238509324850943850943825024385\r\n",
        "!21\r\nSYNTAX invalid syntax\r\n",
        "=15\r\ntxt:Some string\r\n",
        "%2\r\n+k\r\n:1\r\n+l\r\n*1\r\n_\r\n",
        "~2\r\n:1\r\n:2\r\n",
        ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n",
        ">2\r\n$10\r\ninvalidate\r\n_\r\n",
        "*2\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n+OK\r\n>0\r\n+OK\r\n",
        "*2\r\n:1\r\n|1\r\n+ttl\r\n:3600\r\n:2\r\n",
      })
  void scan_wholeFrame_endsJustAfterIt(String frame) {
    ByteBuf in = bytes("##" + frame + "$1");
    assertThat(scanner.atFrameStart()).isTrue();
    assertThat(scanner.scan(in, 2, in.writerIndex())).isEqualTo(2 + frame.length());
    assertThat(scanner.type()).isEqualTo((byte) frame.charAt(0));
    assertThat(scanner.atFrameStart()).isTrue();
    assertThat(in.readerIndex()).isZero();
  }

  @Test
  void scan_endlessNesting_isRefused() {
    ByteBuf in = bytes("*2\r\n".repeat(1_000_000));
    assertThat(scanner.scan(in, 0, in.writerIndex())).isEqualTo(ReplyScanner.MALFORMED);
    Allocation.assertAtMost(4L * Long.BYTES * ReplyScanner.MAX_LEVELS, () -> swallow(in));
  }

  @Test
  void scan_aMillionArraysOfOne_takesNoMemoryForThem() {
    String frame = "*1\r\n".repeat(1_000_000) + ":1\r\n";
    ByteBuf in = bytes(frame + "+OK\r\n");
    assertThat(scanner.scan(in, 0, in.writerIndex())).isEqualTo(frame.length());
    Allocation.assertAtMost(1024, () -> swallow(in));
  }

  private static void swallow(ByteBuf in) {
    new ReplyScanner().scan(in, 0, in.writerIndex());
  }

  @Test
  void scan_attribute_isOneFrameWithTheReplyAfterIt() {
    String attribute = "|1\r\n+key-popularity\r\n%1\r\n$1\r\na\r\n,0.19\r\n";
    ByteBuf in = bytes(attribute + "$1\r\nx\r\n");
    assertThat(scanner.scan(in, 0, attribute.length())).isEqualTo(ReplyScanner.MORE);
    assertThat(scanner.type()).isEqualTo((byte) '|');
    assertThat(scanner.atFrameStart()).isFalse();
    assertThat(scanner.scan(in, attribute.length(), in.writerIndex())).isEqualTo(in.writerIndex());
    assertThat(scanner.type()).isEqualTo((byte) '$');
  }

  @Test
  void scan_emptyAttribute_stillWaitsForItsReply() {
    ByteBuf in = bytes("|0\r\n+OK\r\n");
    assertThat(scanner.scan(in, 0, 4)).isEqualTo(ReplyScanner.MORE);
    assertThat(scanner.scan(in, 4, 9)).isEqualTo(9);
  }

  @Test
  void scan_pipeline_findsEachEnd() {
    ByteBuf in = bytes("+OK\r\n:12\r\n$1\r\nx\r\n$4");
    assertThat(scanner.scan(in, 0, in.writerIndex())).isEqualTo(5);
    assertThat(scanner.scan(in, 5, in.writerIndex())).isEqualTo(10);
    assertThat(scanner.scan(in, 10, in.writerIndex())).isEqualTo(17);
    assertThat(scanner.scan(in, 17, in.writerIndex())).isEqualTo(ReplyScanner.MORE);
    assertThat(scanner.atFrameStart()).isFalse();
  }

  @Test
  void scan_halfGigabyteBulk_readsOnlyItsEnds() {
    CountingBuf in = new CountingBuf(1 << 20);
    in.writeCharSequence("$536870912\r\n", StandardCharsets.US_ASCII);
    assertThat(scanner.scan(in, 0, 12)).isEqualTo(ReplyScanner.MORE);
    in.writerIndex(1 << 20);
    for (int i = 0; i < 512; i++) {
      assertThat(scanner.scan(in, 0, 1 << 20)).isEqualTo(ReplyScanner.MORE);
    }
    in.setShort(0, LengthLine.CRLF);
    assertThat(scanner.scan(in, 0, 1 << 20)).isEqualTo(2);
    assertThat(in.reads).isLessThan(30);
  }

  @Test
  void scan_deepNesting_isFollowedToTheEnd() {
    int depth = ReplyScanner.MAX_LEVELS;
    ByteBuf in = bytes("*2\r\n".repeat(depth) + ":1\r\n" + ":2\r\n".repeat(depth));
    assertThat(scanner.scan(in, 0, in.writerIndex())).isEqualTo(in.writerIndex());
    ByteBuf after = bytes("+OK\r\n");
    assertThat(scanner.scan(after, 0, 5)).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PONG\r\n",
        "\r\n",
        "$\r\n",
        "$x\r\n",
        "$1x\r\n",
        "$-2\r\n",
        "$--1\r\n",
        "$1-\r\n",
        "~-1\r\n",
        "$?\r\n",
        "$1\rx",
        "$9999999999999999999\r\n",
        "$1\r\nabc\r\n",
        "$1\r\na\rc",
        "*1\r\nx",
      })
  void scan_notAReply_isMalformedForGood(String bytes) {
    ByteBuf in = bytes(bytes);
    assertThat(scanner.scan(in, 0, in.writerIndex())).isEqualTo(ReplyScanner.MALFORMED);
    assertThat(scanner.scan(bytes("+OK\r\n"), 0, 5)).isEqualTo(ReplyScanner.MALFORMED);
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
