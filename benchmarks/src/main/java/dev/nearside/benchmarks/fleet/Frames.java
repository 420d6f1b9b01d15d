package dev.nearside.benchmarks.fleet;

/**
 * Where RESP3 frames end.
 *
 * <pre>
 * +OK\r\n  -ERR …\r\n  :7\r\n  _\r\n  #t\r\n  ,1.5\r\n        one line
 * $3\r\nabc\r\n  =8\r\ntxt:abcd\r\n                          that many bytes more
 * *2\r\n…  ~2\r\n…  &gt;2\r\n…  %1\r\n…                        that many frames more (of a map twice)
 * </pre>
 */
final class Frames {
  /** What {@link #end} returns for a frame that is not complete. */
  static final int INCOMPLETE = -1;

  private static final int CRLF = 2;

  private Frames() {}

  /**
   * Returns the index after the frame that begins at {@code from}, or {@link #INCOMPLETE}.
   *
   * @throws IllegalStateException if no frame begins there
   */
  static int end(byte[] bytes, int from, int limit) {
    int line = lineEnd(bytes, from, limit);
    if (line == INCOMPLETE) {
      return INCOMPLETE;
    }
    return switch (bytes[from]) {
      case '+', '-', ':', '_', '#', ',', '(' -> line;
      case '$', '=', '!' -> bulkEnd(line, length(bytes, from + 1), limit);
      case '*', '~', '>' -> framesEnd(bytes, line, length(bytes, from + 1), limit);
      case '%', '|' -> framesEnd(bytes, line, 2 * length(bytes, from + 1), limit);
      default -> throw new IllegalStateException("a frame begins with byte " + bytes[from]);
    };
  }

  private static int lineEnd(byte[] bytes, int from, int limit) {
    for (int i = from; i < limit - 1; i++) {
      if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
        return i + CRLF;
      }
    }
    return INCOMPLETE;
  }

  private static int length(byte[] bytes, int from) {
    if (bytes[from] == '-') {
      return -1;
    }
    int length = 0;
    for (int i = from; bytes[i] != '\r'; i++) {
      length = length * 10 + bytes[i] - '0';
    }
    return length;
  }

  private static int bulkEnd(int line, int length, int limit) {
    int end = length < 0 ? line : line + length + CRLF;
    return end > limit ? INCOMPLETE : end;
  }

  private static int framesEnd(byte[] bytes, int line, int frames, int limit) {
    int at = line;
    for (int i = 0; i < frames && at != INCOMPLETE; i++) {
      at = end(bytes, at, limit);
    }
    return at;
  }
}
