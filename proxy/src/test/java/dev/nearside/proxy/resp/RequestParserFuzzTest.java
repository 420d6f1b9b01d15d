package dev.nearside.proxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestParserFuzzTest {
  private static final int ROUNDS = 3_000;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n",
        "*0\r\n\r\nPING\r\n*-1\r\nSET \"a\\x00 b\" 'c'\n*1\r\n$0\r\n\r\n",
        "*3\r\n$3\r\nSET\r\n$12\r\nkey:00000001\r\n$5\r\n\r\n\r\n\n\r\nGET k\r\n",
        "*1\rx$4\rxPINGxx*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
        "*1\r\n$4\r\nPING\r\n*1\r\nGET\r\n*1\r\n$4\r\nPING\r\n",
        "*2\r\n$3\r\nGET\r\n$x\r\n",
        "PING\r\nGET \"\r\nPING\r\n",
        "*1\0\r\n$1\r\n",
        "*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$201\r\nLARGE\r\n$2\r\nNX\r\n*1\r\n$4\r\nPING\r\n",
        "*3\r\n$3\r\nSET\r\n$201\r\nLARGE\r\nx$1\r\nk\r\nPING\r\n",
      })
  void parse_cutInTwoAnywhere_saysWhatTheReferenceSays(String sample) {
    byte[] bytes = latin1(sample.replace("LARGE", "x".repeat(201)));
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertAsReference(bytes, cut);
    }
    assertAsReference(bytes, java.util.stream.IntStream.range(0, bytes.length).toArray());
  }

  @Test
  void parse_randomRequestsInRandomPieces_saysWhatTheReferenceSays() {
    SplittableRandom random = new SplittableRandom(20_261_121);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = requests(random);
      assertAsReference(bytes, Cuts.random(random, bytes.length));
    }
  }

  @Test
  void parse_damagedRequestsInRandomPieces_neverThrowsAndSaysWhatTheReferenceSays() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 3 * ROUNDS; round++) {
      byte[] bytes = Cuts.damaged(random, requests(random));
      assertAsReference(bytes, Cuts.random(random, bytes.length));
    }
  }

  @Test
  void parse_randomMultibulk_showsTheArgumentsSent() {
    SplittableRandom random = new SplittableRandom(42);
    for (int round = 0; round < ROUNDS; round++) {
      byte[][] args = arguments(random);
      ByteBuf in = Unpooled.buffer();
      write(in, args);
      RequestParser parser = new RequestParser(1 << 20, Integer.MAX_VALUE);
      assertThat(parser.parse(in)).isEqualTo(RequestParser.Progress.REQUEST);
      Request request = parser.request();
      assertThat(request.argCount()).isEqualTo(args.length);
      for (int i = 0; i < args.length; i++) {
        assertThat(request.arg(i)).isEqualTo(args[i]);
      }
      assertThat(request.end()).isEqualTo(in.writerIndex());
    }
  }

  private static void assertAsReference(byte[] bytes, int... cuts) {
    RequestParserFuzz.check(bytes, cuts);
  }

  static byte[] requests(SplittableRandom random) {
    ByteBuf out = Unpooled.buffer();
    for (int i = random.nextInt(5); i >= 0; i--) {
      switch (random.nextInt(8)) {
        case 0 -> out.writeBytes(latin1(random.nextBoolean() ? "\r\n" : "*0\r\n"));
        case 1 -> out.writeBytes(latin1("set k" + random.nextInt() + " \"a \\n\\x4f\" 'b'\r\n"));
        default -> write(out, arguments(random));
      }
    }
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    return bytes;
  }

  private static byte[][] arguments(SplittableRandom random) {
    byte[][] args = new byte[1 + random.nextInt(6)][];
    for (int i = 0; i < args.length; i++) {
      int longest = random.nextInt(20) == 0 ? 2_000 : 30;
      args[i] = new byte[random.nextInt(longest)];
      random.nextBytes(args[i]);
    }
    return args;
  }

  private static void write(ByteBuf out, byte[][] args) {
    Replies.writeArrayHeader(out, args.length);
    for (byte[] arg : args) {
      Replies.writeBulk(out, arg, 0, arg.length);
    }
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
