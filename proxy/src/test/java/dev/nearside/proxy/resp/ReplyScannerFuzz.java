package dev.nearside.proxy.resp;

import dev.nearside.proxy.fuzz.Allocation;
import dev.nearside.proxy.fuzz.FuzzInput;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whatever an upstream sends, in whatever pieces: the scanner finds the ends that a recursive
 * reader finds, and keeps no more than its stack of open aggregates.
 */
public final class ReplyScannerFuzz {
  private static final int SCANNER_BYTES = 4 * 1024;

  /** A level takes at least four bytes, {@code *2\r\n}, and 8 bytes, 24 while the stack doubles. */
  private static final int BYTES_PER_BYTE = 6;

  private ReplyScannerFuzz() {}

  /** One input of the fuzzer. */
  public static void fuzzerTestOneInput(byte[] data) {
    FuzzInput input = FuzzInput.of(data);
    check(input.sent(), input.cuts());
  }

  static void check(byte[] bytes, int... cuts) {
    List<String> expected = ReferenceReplies.ends(bytes);
    assertEnds(expected, bytes);
    assertEnds(expected, bytes, cuts);
    if (bytes.length <= FuzzInput.SHORT_BYTES) {
      assertEnds(expected, bytes, IntStream.range(0, bytes.length).toArray());
    }
    ByteBuf in = Unpooled.wrappedBuffer(bytes);
    Allocation.assertAtMost(
        SCANNER_BYTES + (long) BYTES_PER_BYTE * bytes.length, () -> swallow(in));
  }

  private static void assertEnds(List<String> expected, byte[] bytes, int... cuts) {
    List<String> ends = ends(bytes, cuts);
    if (!ends.equals(expected)) {
      throw new AssertionError("expected " + expected + ", got " + ends);
    }
  }

  private static void swallow(ByteBuf in) {
    ReplyScanner scanner = new ReplyScanner();
    for (int at = 0; at >= 0 && at < in.writerIndex(); ) {
      at = scanner.scan(in, at, in.writerIndex());
    }
  }

  /** Returns what a new scanner finds: each frame's end and type, and whether it gave up. */
  static List<String> ends(byte[] bytes, int... cuts) {
    ReplyScanner scanner = new ReplyScanner();
    List<String> ends = new ArrayList<>();
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i < cuts.length ? cuts[i] : bytes.length;
      // Only this piece is there to be read, at an index of its own.
      int shift = i % 3;
      ByteBuf piece = Unpooled.buffer(shift + to - from).writeZero(shift);
      piece.writeBytes(bytes, from, to - from);
      int at = shift;
      while (at < piece.writerIndex()) {
        at = scanner.scan(piece, at, piece.writerIndex());
        if (at == ReplyScanner.MORE) {
          break;
        }
        if (at == ReplyScanner.MALFORMED) {
          ends.add("malformed");
          return ends;
        }
        ends.add((from + at - shift) + " " + (char) scanner.type());
      }
      from = to;
    }
    return ends;
  }
}
