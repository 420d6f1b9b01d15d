package dev.nearside.benchmarks.generator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Compares a stream of bytes, however it is cut, with the replies that a batch must get. Confined
 * to one thread; allocates only to say what is wrong.
 */
final class ReplyCheck {
  private static final ValueLayout.OfLong DIGITS =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int SHOWN_BYTES = 200;

  private final Batch batch;
  private int exchange;
  private int part;
  private long inPart; // bytes of the part that have come
  private long inReply; // bytes of the reply before the part
  private long at;
  private boolean partEnded;

  ReplyCheck(Batch batch) {
    this.batch = batch;
    this.exchange = batch.size();
  }

  /** The batch was written. */
  void begin() {
    exchange = 0;
  }

  /** Returns whether all replies have come. */
  boolean isDone() {
    return exchange == batch.size();
  }

  /**
   * Consumes the first {@code length} bytes and returns how many replies ended in them.
   *
   * @throws WrongReplyException if one is not what it must be, or nobody asked for it
   */
  int consume(MemorySegment in, long length) throws WrongReplyException {
    int ended = 0;
    at = 0;
    while (at < length) {
      if (isDone()) {
        throw wrong("nothing", "", in, length);
      }
      ReplyPattern pattern = batch.exchange(exchange).reply();
      boolean fits =
          switch (pattern.part(part)) {
            case LITERAL -> literal(pattern.literal(part), in, length);
            case NUMBER -> number(batch.digits(exchange), in, length);
            case INTEGER -> integer(in, length);
          };
      if (!fits) {
        throw wrong(in, length);
      }
      if (partEnded && endPart(pattern)) {
        ended++;
      }
    }
    return ended;
  }

  /** Returns whether the reply ended with it. */
  private boolean endPart(ReplyPattern pattern) {
    inReply += inPart;
    inPart = 0;
    part++;
    if (part < pattern.size()) {
      return false;
    }
    part = 0;
    inReply = 0;
    exchange++;
    return true;
  }

  private boolean literal(MemorySegment literal, MemorySegment in, long length) {
    long n = Math.min(literal.byteSize() - inPart, length - at);
    long differs = MemorySegment.mismatch(literal, inPart, inPart + n, in, at, at + n);
    long same = differs < 0 ? n : differs;
    advance(same);
    partEnded = inPart == literal.byteSize();
    return same == n;
  }

  private boolean number(long digits, MemorySegment in, long length) {
    if (inPart == 0 && length - at >= Numbers.LENGTH && in.get(DIGITS, at) == digits) {
      advance(Numbers.LENGTH);
      partEnded = true;
      return true;
    }
    while (inPart < Numbers.LENGTH && at < length) {
      if (in.get(ValueLayout.JAVA_BYTE, at) != Numbers.digit(digits, (int) inPart)) {
        return false;
      }
      advance(1);
    }
    partEnded = inPart == Numbers.LENGTH;
    return true;
  }

  private boolean integer(MemorySegment in, long length) {
    partEnded = false;
    while (at < length) {
      byte b = in.get(ValueLayout.JAVA_BYTE, at);
      if (b < '0' || b > '9') {
        partEnded = true;
        return inPart > 0;
      }
      advance(1);
    }
    return true;
  }

  private void advance(long n) {
    at += n;
    inPart += n;
  }

  private WrongReplyException wrong(MemorySegment in, long length) {
    Exchange asked = batch.exchange(exchange);
    long digits = batch.digits(exchange);
    return wrong(asked.text(digits), asked.reply().text(digits), in, length);
  }

  private WrongReplyException wrong(String asked, String due, MemorySegment in, long length) {
    long shown = Math.min(length - at, SHOWN_BYTES);
    byte[] seen = in.asSlice(at, shown).toArray(ValueLayout.JAVA_BYTE);
    return WrongReplyException.of(asked, due, inReply + inPart, seen);
  }
}
