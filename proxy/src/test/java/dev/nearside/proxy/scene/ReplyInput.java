package dev.nearside.proxy.scene;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * What a server sends, gathered, and read by lines: replies are short and many, and byte by byte,
 * with the locks of {@link java.io.BufferedInputStream}, a test spends most of its time on them.
 * Used by one thread at a time.
 */
final class ReplyInput extends InputStream {
  private final InputStream in;
  private final byte[] buffer = new byte[8 << 10];
  private int next;
  private int end;

  ReplyInput(InputStream in) {
    this.in = in;
  }

  /** Returns the next line without its end; all of it is added to {@code bytes}. */
  String line(ByteArrayOutputStream bytes) throws IOException {
    StringBuilder line = new StringBuilder();
    boolean whole = false;
    while (!whole) {
      if (!isFilled()) {
        throw new EOFException("closed after \"" + line + "\"");
      }
      int from = next;
      while (next < end && !whole) {
        whole = buffer[next++] == '\n';
      }
      bytes.write(buffer, from, next - from);
      line.append(new String(buffer, from, next - from, StandardCharsets.ISO_8859_1));
    }
    return line.toString().strip();
  }

  @Override
  public int read() throws IOException {
    return isFilled() ? buffer[next++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (next == end && length >= buffer.length) {
      return in.read(into, offset, length);
    }
    if (length == 0) {
      return 0;
    }
    if (!isFilled()) {
      return -1;
    }
    int some = Math.min(length, end - next);
    System.arraycopy(buffer, next, into, offset, some);
    next += some;
    return some;
  }

  @Override
  public int available() throws IOException {
    return end - next + in.available();
  }

  /** Returns whether there is a byte; waits for one, or for the end. */
  private boolean isFilled() throws IOException {
    if (next == end) {
      next = 0;
      end = Math.max(0, in.read(buffer));
    }
    return next < end;
  }
}
