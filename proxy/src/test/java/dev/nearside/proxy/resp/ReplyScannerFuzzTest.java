package dev.nearside.proxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyScannerFuzzTest {
  private static final int ROUNDS = 5_000;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+OK\r\n-ERR x\r\n:1\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*0\r\n",
        "*2\r\n*2\r\n$1\r\na\r\n_\r\n%1\r\n#t\r\n(12\r\n=7\r\ntxt:abc\r\n",
        "|1\r\n+k\r\n*1\r\n:1\r\n~1\r\n!5\r\nERR x\r\n>1\r\n,1.5\r\n",
        "*2\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n+OK\r\n|1\r\n+a\r\n+b\r\n+OK\r\n+OK\r\n",
        "$100000\r\nabc",
        "+OK\r\n$1\r\nabc\r\n",
        "*1\r\n*?\r\n",
      })
  void scan_cutInTwoAnywhere_findsTheEndsTheReferenceFinds(String sample) {
    byte[] bytes = sample.getBytes(StandardCharsets.ISO_8859_1);
    for (int cut = 0; cut <= bytes.length; cut++) {
      ReplyScannerFuzz.check(bytes, cut);
    }
  }

  @Test
  void scan_randomRepliesInRandomPieces_findsTheEndOfEach() {
    SplittableRandom random = new SplittableRandom(20_261_121);
    for (int round = 0; round < ROUNDS; round++) {
      ByteBuf out = Unpooled.buffer();
      List<String> wanted = new ArrayList<>();
      for (int i = random.nextInt(5); i >= 0; i--) {
        byte type = frame(random, out);
        wanted.add(out.writerIndex() + " " + (char) type);
      }
      byte[] bytes = bytes(out);
      assertThat(ReplyScannerFuzz.ends(bytes, Cuts.random(random, bytes.length))).isEqualTo(wanted);
    }
  }

  @Test
  void scan_damagedRepliesInRandomPieces_findsWhatTheReferenceFinds() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 3 * ROUNDS; round++) {
      ByteBuf out = Unpooled.buffer();
      frame(random, out);
      frame(random, out);
      byte[] bytes = Cuts.damaged(random, bytes(out));
      ReplyScannerFuzz.check(bytes, Cuts.random(random, bytes.length));
    }
  }

  private static byte frame(SplittableRandom random, ByteBuf out) {
    if (random.nextInt(10) == 0) {
      attribute(random, out, 3);
    }
    int at = out.writerIndex();
    if (random.nextInt(10) == 0) {
      aggregate(random, out, '>', 3);
    } else {
      reply(random, out, 4);
    }
    return out.getByte(at);
  }

  private static void reply(SplittableRandom random, ByteBuf out, int levels) {
    switch (random.nextInt(levels > 0 ? 10 : 7)) {
      case 0 -> line(out, "+OK");
      case 1 -> line(out, "-ERR " + random.nextInt());
      case 2 -> Replies.writeInteger(out, random.nextLong());
      case 3 -> line(out, random.nextBoolean() ? "_" : "#f");
      case 4 -> out.writeBytes(Replies.nullBulk(false));
      case 5, 6 -> bulk(random, out);
      case 7 -> aggregate(random, out, '*', levels);
      case 8 -> aggregate(random, out, '~', levels);
      default -> aggregate(random, out, '%', levels);
    }
  }

  private static void aggregate(SplittableRandom random, ByteBuf out, char type, int levels) {
    int count = random.nextInt(random.nextInt(10) == 0 ? 30 : 4);
    Replies.writeHeader(out, type, count);
    for (int i = type == '%' ? 2 * count : count; i > 0; i--) {
      if (random.nextInt(12) == 0) {
        aggregate(random, out, '>', levels - 1);
      }
      if (random.nextInt(12) == 0) {
        attribute(random, out, levels - 1);
      }
      reply(random, out, levels - 1);
    }
  }

  private static void attribute(SplittableRandom random, ByteBuf out, int levels) {
    Replies.writeHeader(out, '|', 1);
    reply(random, out, 0);
    reply(random, out, levels);
  }

  private static void bulk(SplittableRandom random, ByteBuf out) {
    byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? 20_000 : 20)];
    random.nextBytes(bytes);
    int at = out.writerIndex();
    Replies.writeBulk(out, bytes, 0, bytes.length);
    out.setByte(at, "$$$=!".charAt(random.nextInt(5)));
  }

  private static void line(ByteBuf out, String text) {
    out.writeCharSequence(text + "\r\n", StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(ByteBuf out) {
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    return bytes;
  }
}
