package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Finds where each reply of an upstream ends, in RESP2 or RESP3, without decoding or keeping any of
 * it. Bulk strings are passed by their length, so a reply of any size costs its headers only.
 *
 * <p>Elements still expected are counted per open aggregate on a stack. An aggregate's last element
 * closes it as that element begins, so the frame is over when the stack is empty between elements:
 *
 * <pre>
 *  *2\r\n  *1\r\n  :1\r\n  $1\r\n  a\r\n
 *  [2]     [1 1]   [1]     []            over
 * </pre>
 *
 * A push ({@code >}) where an element is expected is passed and not counted: Redis 6 sends
 * invalidations so, inside the reply of EXEC for one. An attribute ({@code |}) is passed likewise
 * and belongs to the reply that follows it. Streamed strings and aggregates ({@code $?}), which no
 * Redis sends, are malformed; so is more than {@value #MAX_LEVELS} aggregates open at a time.
 *
 * <p>Confined to one event loop, one per upstream connection; needs no release.
 */
public final class ReplyScanner {
  /** What {@link #scan} returns if the frame goes on after the last byte. */
  public static final int MORE = -1;

  /** What {@link #scan} returns if the bytes are no replies; from then on, always. */
  public static final int MALFORMED = -2;

  private static final int FEW_LEVELS = 8;
  private static final int KEPT_LEVELS = 64;

  /** Redis itself nests a few thousand levels, the most its Lua can; a level takes 8 bytes. */
  static final int MAX_LEVELS = 64 * 1024;

  private static final int MAX_DIGITS = 18;

  private enum State {
    ELEMENT,
    LINE,
    LENGTH,
    BULK,
    BROKEN
  }

  private State state = State.ELEMENT;
  private byte type;

  /** A frame has begun; its own reply, which an attribute may precede, has not. */
  private boolean inFrame;

  private boolean replyAwaited;

  /** Elements expected, per open aggregate; none is ever 0. */
  private long[] expected = new long[FEW_LEVELS];

  private int depth;

  /** What a length line being read belongs to, and how far it is read. */
  private byte lengthType;

  private long number;
  private int digits;
  private boolean negative;
  private boolean afterCr;

  /** Bytes of a bulk string still to come, its line end included. */
  private long bulkLeft;

  /**
   * Reads on from {@code from}, where the last call ended, and moves no index.
   *
   * @return the index just after the current frame's last byte, at most {@code to}; {@link #MORE}
   *     if all bytes before {@code to} belong to it and it goes on; or {@link #MALFORMED}
   */
  public int scan(ByteBuf in, int from, int to) {
    int at = from;
    while (at < to && state != State.BROKEN) {
      at =
          switch (state) {
            case ELEMENT -> element(in, at, to);
            case LINE -> line(in, at, to);
            case LENGTH -> lengthLine(in, at, to);
            case BULK -> bulk(in, at, to);
            case BROKEN -> at;
          };
      if (depth == 0 && state == State.ELEMENT) {
        endFrame();
        return at;
      }
    }
    return state == State.BROKEN ? MALFORMED : MORE;
  }

  /**
   * Returns the first byte of the frame under way, or of the last one if none is; {@code |} as long
   * as of the frame only its attribute is known, then that of the reply itself.
   */
  public byte type() {
    return type;
  }

  /** Returns whether the next byte begins a frame. */
  public boolean atFrameStart() {
    return !inFrame;
  }

  /** Returns how many bytes of the bulk string under way are still to come; 0 within none. */
  public long bulkBytesLeft() {
    return state == State.BULK ? bulkLeft : 0;
  }

  private int element(ByteBuf in, int at, int to) {
    byte first = in.getByte(at);
    if (!inFrame) {
      beginFrame();
    }
    count(first);
    switch (first) {
      case '+', '-', ':', '_', '#', ',', '(' -> {
        afterCr = false;
        state = State.LINE;
      }
      case '$', '*', '%', '~', '>', '|', '=', '!' -> {
        return beginLength(in, at, to, first);
      }
      default -> state = State.BROKEN;
    }
    return at + 1;
  }

  private void beginFrame() {
    inFrame = true;
    replyAwaited = true;
    push(1);
  }

  private void endFrame() {
    inFrame = false;
    if (expected.length > KEPT_LEVELS) {
      expected = new long[FEW_LEVELS];
    }
  }

  /** Counts the element that begins with {@code first} as come. */
  private void count(byte first) {
    boolean outermost = replyAwaited && depth == 1;
    if (outermost) {
      type = first;
    }
    if (first == '|' || (first == '>' && !outermost)) {
      return;
    }
    if (outermost) {
      replyAwaited = false;
    }
    if (--expected[depth - 1] == 0) {
      depth--;
    }
  }

  private int beginLength(ByteBuf in, int at, int to, byte first) {
    lengthType = first;
    if (to - at >= Long.BYTES) {
      int decoded = LengthLine.decode(in.getLong(at));
      if (decoded != LengthLine.OTHER) {
        announced(LengthLine.number(decoded));
        return at + LengthLine.length(decoded);
      }
    }
    number = 0;
    digits = 0;
    negative = false;
    afterCr = false;
    state = State.LENGTH;
    return at + 1;
  }

  /** The rest of {@code $123\r\n}, byte by byte. */
  private int lengthLine(ByteBuf in, int from, int to) {
    int at = from;
    while (at < to && state == State.LENGTH) {
      byte b = in.getByte(at++);
      if (afterCr) {
        endLength(b);
      } else if (b >= '0' && b <= '9' && digits < MAX_DIGITS) {
        number = number * 10 + b - '0';
        digits++;
      } else if (b == '-' && digits == 0 && !negative) {
        negative = true;
      } else if (b == '\r' && digits > 0) {
        afterCr = true;
      } else {
        state = State.BROKEN;
      }
    }
    return at;
  }

  private void endLength(byte last) {
    if (last != '\n') {
      state = State.BROKEN;
    } else if (!negative) {
      announced(number);
    } else {
      // Only RESP2's nulls are negative: $-1 and *-1.
      boolean isNull = number == 1 && (lengthType == '$' || lengthType == '*');
      state = isNull ? State.ELEMENT : State.BROKEN;
    }
  }

  private void announced(long length) {
    switch (lengthType) {
      case '$', '=', '!' -> {
        bulkLeft = length + 2;
        state = State.BULK;
      }
      case '%', '|' -> open(2 * length);
      default -> open(length);
    }
  }

  private void open(long elements) {
    state = State.ELEMENT;
    if (elements > 0) {
      push(elements);
    }
  }

  private void push(long elements) {
    if (depth == MAX_LEVELS) {
      state = State.BROKEN;
      return;
    }
    if (depth == expected.length) {
      expected = Arrays.copyOf(expected, 2 * depth);
    }
    expected[depth++] = elements;
  }

  private int bulk(ByteBuf in, int from, int to) {
    int skipped = Math.clamp(bulkLeft - 2, 0, to - from);
    bulkLeft -= skipped;
    int at = from + skipped;
    while (bulkLeft > 0 && at < to) {
      if (in.getByte(at++) != (bulkLeft == 2 ? '\r' : '\n')) {
        state = State.BROKEN;
        return at;
      }
      bulkLeft--;
    }
    if (bulkLeft == 0) {
      state = State.ELEMENT;
    }
    return at;
  }

  /** The rest of {@code +OK\r\n}: a line break is both bytes together. */
  private int line(ByteBuf in, int from, int to) {
    for (int at = from; at < to; at++) {
      byte b = in.getByte(at);
      if (b == '\n' && afterCr) {
        state = State.ELEMENT;
        return at + 1;
      }
      afterCr = b == '\r';
    }
    return to;
  }
}
