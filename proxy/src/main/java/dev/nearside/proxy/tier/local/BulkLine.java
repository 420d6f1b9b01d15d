package dev.nearside.proxy.tier.local;

import dev.nearside.proxy.resp.Replies;
import io.netty.buffer.ByteBuf;

/** Writes bulk strings whose framing is not kept, {@code $100\r\n}…{@code \r\n}. Pure functions. */
final class BulkLine {
  /** The shortest bulk string, {@code $0\r\n\r\n}. */
  static final int LEAST_BYTES = 6;

  private static final int CRLF = ('\r' << 8) | '\n';
  private static final int READY = 1000;

  /** The lines of small values, left-aligned: written with one store, eight bytes of any line. */
  private static final long[] LINES = lines();

  private BulkLine() {}

  private static long[] lines() {
    long[] lines = new long[READY];
    for (int length = 0; length < READY; length++) {
      long line = '$';
      for (char digit : Integer.toString(length).toCharArray()) {
        line = (line << 8) | digit;
      }
      lines[length] = ((line << 16) | CRLF) << (8 * (8 - lengthOf(length)));
    }
    return lines;
  }

  /** Returns the length of the first line of a bulk string of {@code length} bytes. */
  static int lengthOf(int length) {
    if (length < 1000) {
      return length < 10 ? 4 : length < 100 ? 5 : 6;
    }
    int bytes = 7;
    for (long limit = 10_000; length >= limit; limit *= 10) {
      bytes++;
    }
    return bytes;
  }

  /** Returns whether a bulk string of {@code length} bytes, but for these, is at {@code from}. */
  static boolean isAt(ByteBuf in, int from, int length) {
    int end = from + lengthOf(length) - 2;
    int rest = length;
    for (int at = end - 1; at > from; at--) {
      if (in.getByte(at) != '0' + rest % 10) {
        return false;
      }
      rest /= 10;
    }
    return in.getByte(from) == '$'
        && in.getShort(end) == CRLF
        && in.getShort(end + 2 + length) == CRLF;
  }

  /** Appends a bulk string of what {@code bytes} holds from {@code start} on. */
  static void write(ByteBuf out, byte[] bytes, int start) {
    int length = bytes.length - start;
    if (length >= READY) {
      Replies.writeBulk(out, bytes, start, length);
      return;
    }
    out.ensureWritable(Long.BYTES + length + 2);
    int at = out.writerIndex();
    out.setLong(at, LINES[length]);
    at += lengthOf(length);
    out.setBytes(at, bytes, start, length);
    at += length;
    out.setShort(at, CRLF);
    out.writerIndex(at + 2);
  }
}
