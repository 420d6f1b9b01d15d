package dev.nearside.benchmarks.load;

import java.nio.ByteBuffer;

/**
 * Counts the replies in a stream of RESP2 bytes, however it is cut, without decoding them.
 *
 * <pre>
 * +OK\r\n   :7\r\n   -ERR …\r\n     one line
 * $3\r\nabc\r\n   $-1\r\n           a line, and unless negative that many bytes and \r\n
 * </pre>
 *
 * <p>Arrays are not understood: the load runs ask for none. Confined to one thread.
 */
final class ReplyCounter {
  private static final int CRLF = 2;

  private State state = State.TYPE;
  private int length;
  private boolean negative;
  private long errors;

  private enum State {
    TYPE,
    LINE,
    LENGTH,
    BULK
  }

  /**
   * Consumes all bytes and returns how many replies ended in them.
   *
   * @throws IllegalStateException if a reply is of a type not counted here
   */
  int count(ByteBuffer in) {
    int replies = 0;
    while (in.hasRemaining()) {
      boolean ended =
          switch (state) {
            case TYPE -> type(in.get());
            case LINE -> line(in.get());
            case LENGTH -> length(in.get());
            case BULK -> bulk(in);
          };
      if (ended) {
        state = State.TYPE;
        replies++;
      }
    }
    return replies;
  }

  /** Returns how many of the replies so far were errors. */
  long errors() {
    return errors;
  }

  private boolean type(byte b) {
    switch (b) {
      case '+', ':' -> state = State.LINE;
      case '-' -> {
        errors++;
        state = State.LINE;
      }
      case '$' -> {
        length = 0;
        negative = false;
        state = State.LENGTH;
      }
      default -> throw new IllegalStateException("a reply begins with byte " + b);
    }
    return false;
  }

  private static boolean line(byte b) {
    return b == '\n';
  }

  private boolean length(byte b) {
    if (b == '-') {
      negative = true;
    } else if (b >= '0') {
      length = length * 10 + b - '0';
    } else if (b == '\n') {
      if (negative) {
        return true;
      }
      length += CRLF;
      state = State.BULK;
    }
    return false;
  }

  private boolean bulk(ByteBuffer in) {
    int skipped = Math.min(length, in.remaining());
    in.position(in.position() + skipped);
    length -= skipped;
    return length == 0;
  }
}
