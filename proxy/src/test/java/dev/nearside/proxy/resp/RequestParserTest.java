package dev.nearside.proxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.resp.RequestParser.Progress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestParserTest {
  private static final long MAX_BULK = 512L * 1024 * 1024;
  private static final int STREAM_ABOVE = 64 * 1024;

  private final RequestParser parser = new RequestParser(MAX_BULK, STREAM_ABOVE);

  @Test
  void parse_pipeline_showsEachInTurnAndMovesNothing() {
    ByteBuf in = bytes("..*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n").skipBytes(2);

    assertThat(parser.parse(in)).isEqualTo(Progress.REQUEST);
    assertThat(in.readerIndex()).isEqualTo(2);
    Request get = parser.request();
    assertThat(get.argCount()).isEqualTo(2);
    assertThat(get.argIs(0, "GET")).isTrue();
    assertThat(get.arg(1)).asString().isEqualTo("k");
    assertThat(get.buffer()).isSameAs(in);
    assertThat(get.start()).isEqualTo(2);
    assertThat(get.length()).isEqualTo(20);

    in.readerIndex(get.end());
    assertThat(parser.parse(in)).isEqualTo(Progress.REQUEST);
    assertThat(parser.request().argIs(0, "PING")).isTrue();
    parser.consume(in);
    assertThat(in.isReadable()).isFalse();
    assertThat(parser.parse(in)).isEqualTo(Progress.NEED_MORE);
  }

  @Test
  void consume_ofVeryManyArguments_keepsNoRoomForThem() {
    ByteBuf in = bytes("*10000\r\n" + "$0\r\n\r\n".repeat(10_000));
    assertThat(parser.parse(in)).isEqualTo(Progress.REQUEST);
    assertThat(parser.request().argCount()).isEqualTo(10_000);
    parser.consume(in);
    assertThat(parser.request().argCount()).isZero();
  }

  @Test
  void parse_again_withoutConsuming_showsTheSameRequest() {
    ByteBuf in = bytes("*1\r\n$4\r\nPING\r\n");
    assertThat(parser.parse(in)).isEqualTo(Progress.REQUEST);
    assertThat(parser.parse(in)).isEqualTo(Progress.REQUEST);
    assertThat(parser.request().argIs(0, "PING")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"*0\r\n", "*-1\r\n", "*-9223372036854775808\r\n", "\r\n", "\n", " \t\n"})
  void parse_noArguments_isEmptyAndGoesOn(String empty) {
    assertThat(transcript(empty + "*1\r\n$1\r\nx\r\n"))
        .containsExactly("empty", "request [x] as *1\r\n$1\r\nx\r\n", "unread 0");
  }

  @Test
  void parse_binaryAndEmptyArguments_areTakenByLength() {
    assertThat(transcript("*3\r\n$0\r\n\r\n$4\r\n\r\n*1\r\n$3\r\n\0\u00ff$\r\n"))
        .containsExactly(
            "request [] [\r\n*1] [\0\u00ff$] as *3\r\n$0\r\n\r\n$4\r\n\r\n*1\r\n$3\r\n\0\u00ff$\r\n",
            "unread 0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"*1\rx$1\r\nk\r\n", "*1\r\n$1\rxk\r\n", "*1\r\n$1\r\nkxy", "*1\rx$1\rykab"})
  void parse_lineEndsNotChecked_boundariesOfRedisButRewritten(String sloppy) {
    assertThat(transcript(sloppy + "PING\n"))
        .containsExactly(
            "request [k] as *1\r\n$1\r\nk\r\n",
            "request [PING] as *1\r\n$4\r\nPING\r\n",
            "unread 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "SET k v              | [SET] [k] [v]",
        "~ \t SET\tk\rv ~     | [SET] [k] [v]",
        "SET \"a b\" 'c d'    | [SET] [a b] [c d]",
        "SET a\"b c\" d       | [SET] [ab c] [d]",
        "\"\" ''              | [] []",
        "\"\\x41\\x4a\\xzz\"  | [AJxzz]",
        "\"\\\"\\q\\\\\"      | [\"q\\]",
        "'it\\'s' '\\n'       | [it's] [\\n]",
      })
  void parse_inline_splitsAsRedisDoes(String line, String arguments) {
    assertThat(transcript(line + "\r\n").getFirst()).startsWith("request " + arguments + " as *");
  }

  @Test
  void parse_inlineEscapes_becomeTheirBytes() {
    ByteBuf in = bytes("ECHO \"\\n\\r\\t\\b\\a\\x00\\xfF\"\n");
    assertThat(parser.parse(in)).isEqualTo(Progress.REQUEST);
    assertThat(parser.request().arg(1)).containsExactly('\n', '\r', '\t', '\b', 7, 0, 0xff);
    assertThat(parser.announcedArgCount()).isEqualTo(2);
  }

  @Test
  void parse_twoInline_laterDoesNotTouchTheBytesOfTheEarlier() {
    ByteBuf in = bytes("PING one\nPING two\n");
    assertThat(parser.parse(in)).isEqualTo(Progress.REQUEST);
    ByteBuf first = parser.request().buffer();
    parser.consume(in);
    assertThat(parser.parse(in)).isEqualTo(Progress.REQUEST);
    assertThat(first.toString(StandardCharsets.US_ASCII))
        .isEqualTo("*2\r\n$4\r\nPING\r\n$3\r\none\r\n");
  }

  @ParameterizedTest
  @CsvSource({
    "*x\\r\\n, invalid multibulk length",
    "*\\r\\n, invalid multibulk length",
    "*+1\\r\\n, invalid multibulk length",
    "*01\\r\\n, invalid multibulk length",
    "*-0\\r\\n, invalid multibulk length",
    "*2147483648\\r\\n, invalid multibulk length",
    "*99999999999999999999\\r\\n, invalid multibulk length",
    "*1\\r\\n$-1\\r\\n, invalid bulk length",
    "*1\\r\\n$x\\r\\n, invalid bulk length",
    "*1\\r\\n$536870913\\r\\n, invalid bulk length",
    "*1\\r\\n$9223372036854775807\\r\\n, invalid bulk length",
    "*1\\r\\nGET\\r\\n, 'expected ''$'', got ''G'''",
    "*1\\r\\n\\r\\n, 'expected ''$'', got '' '''",
    "*2\\r\\n$4\\r\\nPINGSSx\\r\\n, 'expected ''$'', got ''x'''",
    "GET \"k\\r\\n, unbalanced quotes in request",
    "GET 'k\\r\\n, unbalanced quotes in request",
    "GET \"k\"x\\r\\n, unbalanced quotes in request",
  })
  void parse_malformed_saysWhatRedisSays(String input, String message) {
    String bytes = input.replace("\\r", "\r").replace("\\n", "\n");
    assertThat(transcript(bytes)).contains("-ERR Protocol error: " + message + "\r\n");
    assertThat(parser.parse(bytes("*1\r\n$4\r\nPING\r\n"))).isEqualTo(Progress.MALFORMED);
    assertThat(parser.streamable(bytes("PING"))).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({
    "*, too big mbulk count string",
    "*1\\r\\n$, too big bulk count string",
    "G, too big inline request",
    "*\\0\\r\\n, too big mbulk count string",
    "G\\0\\n, too big inline request",
  })
  void parse_lineWithoutEnd_isRefusedPast64KiB(String begin, String message) {
    String start = begin.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0");
    int lineStart = start.startsWith("*1") ? 4 : 0;
    String line = start + "1".repeat(64 * 1024 - (start.length() - lineStart));
    assertThat(transcript(line)).containsExactly("unread " + line.length());

    RequestParser another = new RequestParser(MAX_BULK, STREAM_ABOVE);
    assertThat(RequestFeed.transcript(another, latin1(line + "1")))
        .contains("-ERR Protocol error: " + message + "\r\n");
  }

  @Test
  void parse_announcedLarge_showsWhatIsCompleteAndStreamsFromTheHead() {
    ByteBuf in = bytes("*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$65536\r\nab");
    assertThat(parser.parse(in)).isEqualTo(Progress.LARGE);
    assertThat(parser.announcedArgCount()).isEqualTo(4);
    assertThat(parser.request().argCount()).isEqualTo(2);
    assertThat(parser.request().arg(1)).asString().isEqualTo("k");
    assertThat(parser.parse(in)).isEqualTo(Progress.LARGE);

    assertThat(parser.streamable(in)).isEqualTo(in.readableBytes());
    assertThat(parser.streamDone()).isFalse();
    ByteBuf body = bytes("x".repeat(65_534) + "\r\n$2");
    assertThat(parser.streamable(body)).isEqualTo(65_536);
    assertThat(parser.streamDone()).isFalse();
    ByteBuf rest = bytes("$2\r\nNX\r\n*1\r\n");
    assertThat(parser.streamable(rest)).isEqualTo(8);
    assertThat(parser.streamDone()).isTrue();
    assertThat(parser.streamable(rest)).isZero();
    assertThat(parser.parse(bytes("*1\r\n$4\r\nPING\r\n"))).isEqualTo(Progress.REQUEST);
    assertThat(parser.streamDone()).isFalse();
  }

  @Test
  void parse_bulkOfManyGigabytes_isCountedThrough() {
    RequestParser wide = new RequestParser(Long.MAX_VALUE - 1, STREAM_ABOVE);
    ByteBuf in = bytes("*1\r\n$8589934592\r\n");
    assertThat(wide.parse(in)).isEqualTo(Progress.LARGE);
    assertThat(wide.request().argCount()).isZero();
    assertThat(wide.streamable(in)).isEqualTo(in.readableBytes());
    ByteBuf megabyte = Unpooled.wrappedBuffer(new byte[1 << 20]);
    for (int i = 0; i < 8192; i++) {
      assertThat(wide.streamable(megabyte)).isEqualTo(1 << 20);
    }
    assertThat(wide.streamDone()).isFalse();
    assertThat(wide.streamable(megabyte)).isEqualTo(2);
    assertThat(wide.streamDone()).isTrue();
  }

  @Test
  void streamable_malformedLater_isRefused() {
    ByteBuf in = bytes("*2\r\n$65536\r\n" + "x".repeat(65_536) + "\r\n$x\r\n");
    assertThat(parser.parse(in)).isEqualTo(Progress.LARGE);
    assertThat(parser.streamable(in)).isEqualTo(-1);
    assertThat(parser.errorReply()).asString().contains("invalid bulk length");
    assertThat(parser.parse(in)).isEqualTo(Progress.MALFORMED);
  }

  @Test
  void parse_requestJustAtTheLimit_isNotLarge() {
    String head = "*1\r\n$99988\r\n"; // 12 bytes, and 2 at the end
    String body = "x".repeat(99_988) + "\r\n";
    assertThat(new RequestParser(MAX_BULK, 100_002).parse(bytes(head + body)))
        .isEqualTo(Progress.REQUEST);
    assertThat(new RequestParser(MAX_BULK, 100_001).parse(bytes(head + body)))
        .isEqualTo(Progress.LARGE);
  }

  @Test
  void gather_largeRequest_isFoundWhole_whereverItIsCut() {
    String request = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$30\r\n" + "x".repeat(30) + "\r\n";
    for (int cut = 27; cut <= request.length(); cut++) {
      RequestParser small = new RequestParser(MAX_BULK, 40);
      ByteBuf in = bytes(request.substring(0, cut));
      assertThat(small.parse(in)).isEqualTo(Progress.LARGE);
      assertThat(small.announcedBytes()).isEqualTo(request.length());
      small.gather(request.length());
      in.writeBytes(latin1(request.substring(cut) + request));
      assertThat(small.parse(in)).isEqualTo(Progress.REQUEST);
      assertThat(small.request().arg(2)).asString().isEqualTo("x".repeat(30));
      assertThat(small.parse(in)).as("not taken, it comes again").isEqualTo(Progress.REQUEST);
      small.consume(in);
      assertThat(small.parse(in)).as("the next one").isEqualTo(Progress.LARGE);
    }
  }

  @Test
  void gather_ofMoreThanItSeemed_isLargeAgain_andCanBeStreamed() {
    String rest = "$2\r\nxx\r\n";
    String request = "*3\r\n$4\r\nMSET\r\n$30\r\n" + "k".repeat(30) + "\r\n" + rest;
    RequestParser small = new RequestParser(MAX_BULK, 40);
    ByteBuf in = bytes(request + "PING\r\n");
    assertThat(small.parse(in)).isEqualTo(Progress.LARGE);
    small.gather(request.length() - 1);
    assertThat(small.parse(in)).isEqualTo(Progress.LARGE);
    assertThat(small.request().argCount()).isEqualTo(2);
    assertThat(small.announcedBytes()).isEqualTo(request.length());
    assertThat(small.streamable(in)).isEqualTo(request.length());
    assertThat(small.streamDone()).isTrue();
    in.skipBytes(request.length());
    assertThat(small.parse(in)).isEqualTo(Progress.REQUEST);
  }

  @Test
  void parse_hundredThousandArgumentsByteByByte_looksAtEachByteAboutOnce() {
    CountingBuf in = new CountingBuf(2_000_000);
    RequestParser wide = new RequestParser(MAX_BULK, Integer.MAX_VALUE);
    String request = "*100000\r\n" + "$3\r\nabc\r\n".repeat(100_000);
    Progress progress = Progress.NEED_MORE;
    for (byte b : latin1(request)) {
      assertThat(progress).isEqualTo(Progress.NEED_MORE);
      in.writeByte(b);
      progress = wide.parse(in);
    }
    assertThat(progress).isEqualTo(Progress.REQUEST);
    assertThat(wide.request().argCount()).isEqualTo(100_000);
    assertThat(in.reads).isLessThan(10L * request.length());
  }

  @Test
  void parse_longLineByteByByte_looksAtEachByteAboutOnce() {
    CountingBuf in = new CountingBuf(70_000);
    for (int i = 0; i < 64 * 1024; i++) {
      in.writeByte('x');
      assertThat(parser.parse(in)).isEqualTo(Progress.NEED_MORE);
    }
    assertThat(in.reads).isLessThan(3L * 64 * 1024);
  }

  private List<String> transcript(String input) {
    return RequestFeed.transcript(parser, latin1(input));
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.buffer().writeBytes(latin1(text));
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
