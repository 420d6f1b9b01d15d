package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;

/** Reads numbers as Redis's {@code string2ll} does: no sign but {@code -}, no leading zeros. */
final class Decimal {
  /** Says that there is no number; itself a number, but larger than any length allowed. */
  static final long INVALID = Long.MAX_VALUE;

  private Decimal() {}

  /** Returns the number written in the bytes from {@code from} to {@code to}, or INVALID. */
  static long parse(ByteBuf in, int from, int to) {
    boolean negative = from < to && in.getByte(from) == '-';
    int at = negative ? from + 1 : from;
    if (at >= to || to - at > 19) {
      return INVALID;
    }
    if (in.getByte(at) == '0') {
      return to - from == 1 ? 0 : INVALID;
    }
    long value = 0;
    for (; at < to; at++) {
      int digit = in.getByte(at) - '0';
      // Counted downwards: there is one negative number more.
      if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
        return INVALID;
      }
      value = value * 10 - digit;
    }
    return negative ? value : value == Long.MIN_VALUE ? INVALID : -value;
  }
}
