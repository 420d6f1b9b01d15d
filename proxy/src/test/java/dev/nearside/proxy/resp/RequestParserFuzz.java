package dev.nearside.proxy.resp;

import dev.nearside.proxy.fuzz.Allocation;
import dev.nearside.proxy.fuzz.FuzzInput;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whatever a client sends, in whatever pieces: the parser says what Redis's rules say, and takes no
 * more memory for it than what was sent is worth, whatever lengths it announces.
 */
public final class RequestParserFuzz {
  static final long MAX_BULK = 100_000;
  static final int STREAM_ABOVE = 200;

  private static final int PARSER_BYTES = 4 * 1024;

  /** The dearest is {@code a\n}, for which two buffers are made; nothing of it is kept. */
  private static final int BYTES_PER_BYTE = 160;

  private RequestParserFuzz() {}

  /** One input of the fuzzer. */
  public static void fuzzerTestOneInput(byte[] data) {
    FuzzInput input = FuzzInput.of(data);
    check(input.sent(), input.cuts());
  }

  static void check(byte[] bytes, int... cuts) {
    List<String> expected = ReferenceRequests.transcript(bytes, MAX_BULK, STREAM_ABOVE);
    assertSaid(expected, bytes);
    assertSaid(expected, bytes, cuts);
    if (bytes.length <= FuzzInput.SHORT_BYTES) {
      assertSaid(expected, bytes, IntStream.range(0, bytes.length).toArray());
    }
    Allocation.assertAtMost(
        PARSER_BYTES + (long) BYTES_PER_BYTE * bytes.length, () -> swallow(bytes));
  }

  private static void assertSaid(List<String> expected, byte[] bytes, int... cuts) {
    List<String> said = RequestFeed.transcript(parser(), bytes, cuts);
    if (!said.equals(expected)) {
      throw new AssertionError("expected " + expected + ", got " + said);
    }
  }

  private static RequestParser parser() {
    return new RequestParser(MAX_BULK, STREAM_ABOVE);
  }

  /** Parses with the limits of a real connection, so that lengths may be huge. */
  private static void swallow(byte[] bytes) {
    RequestParser parser = new RequestParser(512L << 20, 1 << 30);
    ByteBuf in = Unpooled.wrappedBuffer(bytes);
    boolean more = true;
    while (more) {
      more =
          switch (parser.parse(in)) {
            case REQUEST, EMPTY -> {
              parser.consume(in);
              yield true;
            }
            case NEED_MORE, LARGE, MALFORMED -> false;
          };
    }
  }
}
