package dev.nearside.proxy.resp;

/**
 * The line that says how long something is, {@code $5\r\n} or {@code *3\r\n}, read eight bytes at a
 * time: nearly every line that is ever sent fits.
 *
 * <pre>
 *  byte of the word, as in the stream:  0   1    2    3    4    5    6    7
 *  one digit                            $   '5'  \r   \n
 *  five digits, the most                $   '1'  '2'  '3'  '4'  '5'  \r   \n
 * </pre>
 */
final class LengthLine {
  /** The two bytes {@code \r\n} as {@code getShort} sees them. */
  static final int CRLF = 0x0D0A;

  /** What {@link #decode} says when the line is none of the above and must be read by bytes. */
  static final int OTHER = -1;

  /** The most bytes of a line with an {@code int}: {@code $2147483647\r\n}. */
  static final int MAX_BYTES = 13;

  private static final int LENGTH_BITS = 4;
  private static final int MAX_DIGITS = 5;

  private LengthLine() {}

  /**
   * Returns number and line length in one {@code int}, for {@link #number} and {@link #length}, or
   * {@link #OTHER}. Byte 0, the type, is not looked at. As Redis, refuses leading zeros.
   */
  static int decode(long word) {
    int number = (int) ((word >>> 48) & 0xff) - '0';
    if (number < 0 || number > 9) {
      return OTHER;
    }
    if (((word >>> 32) & 0xffff) == CRLF) {
      return (number << LENGTH_BITS) | 4;
    }
    return number == 0 ? OTHER : decodeMore(word, number);
  }

  static int number(int decoded) {
    return decoded >>> LENGTH_BITS;
  }

  static int length(int decoded) {
    return decoded & ((1 << LENGTH_BITS) - 1);
  }

  private static int decodeMore(long word, int first) {
    int number = first;
    for (int digits = 2; digits <= MAX_DIGITS; digits++) {
      int digit = (int) ((word >>> (56 - 8 * digits)) & 0xff) - '0';
      if (digit < 0 || digit > 9) {
        return OTHER;
      }
      number = number * 10 + digit;
      if (((word >>> (40 - 8 * digits)) & 0xffff) == CRLF) {
        return (number << LENGTH_BITS) | (digits + 3);
      }
    }
    return OTHER;
  }
}
