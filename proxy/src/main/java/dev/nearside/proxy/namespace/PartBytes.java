package dev.nearside.proxy.namespace;

/**
 * The accepted bytes of each part type. Each value has exactly one accepted form, so that two keys
 * never mean one row. Nothing here allocates.
 */
final class PartBytes {
  private static final int UUID_LENGTH = 36;
  private static final int MAX_DIGITS = 19;

  private PartBytes() {}

  static boolean isBigint(byte[] bytes, int from, int to) {
    boolean negative = from < to && bytes[from] == '-';
    int first = negative ? from + 1 : from;
    int digits = to - first;
    if (digits < 1 || digits > MAX_DIGITS) {
      return false;
    }
    if (bytes[first] == '0') {
      return digits == 1 && !negative;
    }
    long negated = 0; // counted below zero, where long reaches one further
    for (int i = first; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9 || negated < (Long.MIN_VALUE + digit) / 10) {
        return false;
      }
      negated = negated * 10 - digit;
    }
    return negative || negated != Long.MIN_VALUE;
  }

  static boolean isUuid(byte[] bytes, int from, int to) {
    if (to - from != UUID_LENGTH) {
      return false;
    }
    for (int i = 0; i < UUID_LENGTH; i++) {
      byte b = bytes[from + i];
      boolean hyphen = i == 8 || i == 13 || i == 18 || i == 23;
      boolean hex = (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f');
      if (hyphen ? b != '-' : !hex) {
        return false;
      }
    }
    return true;
  }

  /** Well-formed UTF-8 as Unicode's table 3-7 has it: no overlong form, no surrogate; no NUL. */
  static boolean isText(byte[] bytes, int from, int to) {
    if (from >= to) {
      return false;
    }
    int i = from;
    while (i < to) {
      int length = bytes[i] > 0 ? 1 : sequenceLength(bytes, i, to);
      if (length == 0) {
        return false;
      }
      i += length;
    }
    return true;
  }

  /** Returns the length of the sequence of more than one byte at {@code i}, 0 if ill-formed. */
  private static int sequenceLength(byte[] bytes, int i, int to) {
    int lead = bytes[i] & 0xff;
    int length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || to - i < length) {
      return 0;
    }
    int second = bytes[i + 1] & 0xff;
    int low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) {
      return 0;
    }
    for (int j = i + 2; j < i + length; j++) {
      if ((bytes[j] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
