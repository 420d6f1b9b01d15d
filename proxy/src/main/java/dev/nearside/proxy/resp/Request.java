package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;

/**
 * One request, as a view of the bytes it was parsed from: {@code *2\r\n$3\r\nGET\r\n$1\r\nk\r\n}.
 *
 * <p>Confined to its event loop and reused: valid only until the parser that filled it is called
 * again. An inline request is seen in its multibulk form, in a buffer of the parser's own. Holds no
 * reference on the buffer; whoever keeps bytes longer copies them or retains a slice.
 */
public final class Request {
  private ByteBuf buffer = io.netty.buffer.Unpooled.EMPTY_BUFFER;
  private int start;
  private int end;
  private int argCount;
  private int[] argStarts = new int[16];
  private int[] argLengths = new int[16];

  /** Returns the buffer all offsets below refer to (absolute indexes). */
  public ByteBuf buffer() {
    return buffer;
  }

  /** Returns the index of the request's first byte, the {@code *}. */
  public int start() {
    return start;
  }

  /** Returns the index just after the request's last byte. */
  public int end() {
    return end;
  }

  /** Returns the length of the whole request in bytes. */
  public int length() {
    return end - start;
  }

  /** Returns the number of arguments, the command's name included; at least 1. */
  public int argCount() {
    return argCount;
  }

  /** Returns the index of the first byte of argument {@code i}; 0 is the command's name. */
  public int argStart(int i) {
    return argStarts[i];
  }

  /** Returns the length in bytes of argument {@code i}. */
  public int argLength(int i) {
    return argLengths[i];
  }

  /** Returns a copy of argument {@code i}. */
  public byte[] arg(int i) {
    byte[] bytes = new byte[argLengths[i]];
    buffer.getBytes(argStarts[i], bytes);
    return bytes;
  }

  /**
   * Returns whether argument {@code i} equals {@code word}, an upper-case ASCII word, ignoring
   * case.
   */
  public boolean argIs(int i, String word) {
    if (i >= argCount || argLengths[i] != word.length()) {
      return false;
    }
    for (int j = 0; j < word.length(); j++) {
      int b = buffer.getByte(argStarts[i] + j);
      if (b >= 'a' && b <= 'z') {
        b -= 'a' - 'A';
      }
      if (b != word.charAt(j)) {
        return false;
      }
    }
    return true;
  }

  void reset(ByteBuf from, int startIndex) {
    buffer = from;
    start = startIndex;
    end = startIndex;
    argCount = 0;
  }

  void addArg(int startIndex, int length) {
    if (argCount == argStarts.length) {
      argStarts = java.util.Arrays.copyOf(argStarts, argCount * 2);
      argLengths = java.util.Arrays.copyOf(argLengths, argCount * 2);
    }
    argStarts[argCount] = startIndex;
    argLengths[argCount++] = length;
  }

  void endAt(int endIndex) {
    end = endIndex;
  }

  /** Moves every offset by {@code delta}: the bytes were moved, or found in another buffer. */
  void shift(ByteBuf to, int delta) {
    buffer = to;
    start += delta;
    end += delta;
    for (int i = 0; i < argCount; i++) {
      argStarts[i] += delta;
    }
  }
}
