package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Splits an inline request, {@code SET key "a \x41\n"}, into arguments by the rules of Redis's
 * {@code sdssplitargs}: blanks separate; {@code "…"} knows {@code \n \r \t \b \a \xHH} and takes
 * any other byte after a backslash as it is; {@code '…'} knows only {@code \'}; a quote may begin
 * inside an argument, but its end must be the argument's end.
 *
 * <p>Used for one line and dropped: people type these, programs do not.
 */
final class InlineArguments {
  private final ByteBuf line;
  private final int to;
  private int at;
  private ByteBuf bytes = Unpooled.EMPTY_BUFFER;

  /** Reads {@code line} from {@code from} to {@code to}, the line end not included. */
  InlineArguments(ByteBuf line, int from, int to) {
    this.line = line;
    this.to = to;
    this.at = from;
  }

  /**
   * Makes {@code request} one of the line's arguments, in multibulk form; of no argument if the
   * line is blank. Returns false if quotes are unbalanced.
   */
  boolean split(Request request) {
    skipSpace();
    if (at == to) { // an endless stream of line ends must cost nothing
      request.reset(bytes, 0);
      return true;
    }
    bytes = Unpooled.buffer(to - at);
    request.reset(bytes, 0);
    while (at < to) {
      int first = bytes.writerIndex();
      if (!argument()) {
        return false;
      }
      request.addArg(first, bytes.writerIndex() - first);
      skipSpace();
    }
    request.rewrite();
    return true;
  }

  private boolean argument() {
    while (at < to) {
      byte b = line.getByte(at++);
      switch (b) {
        case ' ', '\n', '\r', '\t' -> {
          return true;
        }
        case '"' -> {
          return doubleQuoted() && atArgumentEnd();
        }
        case '\'' -> {
          return singleQuoted() && atArgumentEnd();
        }
        default -> bytes.writeByte(b);
      }
    }
    return true;
  }

  private boolean doubleQuoted() {
    while (at < to) {
      byte b = line.getByte(at++);
      if (b == '"') {
        return true;
      }
      bytes.writeByte(b == '\\' && at < to ? escaped() : b);
    }
    return false;
  }

  private int escaped() {
    byte b = line.getByte(at++);
    if (b == 'x' && at + 1 < to && hex(at) >= 0 && hex(at + 1) >= 0) {
      at += 2;
      return (hex(at - 2) << 4) | hex(at - 1);
    }
    return switch (b) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'a' -> 0x07;
      default -> b;
    };
  }

  private boolean singleQuoted() {
    while (at < to) {
      byte b = line.getByte(at++);
      if (b == '\'') {
        return true;
      }
      boolean quote = b == '\\' && at < to && line.getByte(at) == '\'';
      bytes.writeByte(quote ? line.getByte(at++) : b);
    }
    return false;
  }

  private boolean atArgumentEnd() {
    return at == to || isSpace(line.getByte(at));
  }

  private void skipSpace() {
    while (at < to && isSpace(line.getByte(at))) {
      at++;
    }
  }

  private int hex(int index) {
    return Character.digit(line.getByte(index), 16);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }
}
