package dev.nearside.benchmarks.generator;

import java.nio.charset.StandardCharsets;

/**
 * Numbers as eight decimal digits, packed into a long, the first digit in its lowest byte: as they
 * lie in memory when it is written in little-endian order.
 */
final class Numbers {
  /** Stands in a text where a number's digits go. */
  static final String PLACE = "########";

  static final int LENGTH = 8;
  private static final int HALF = 10_000;
  private static final int[] HALVES = halves();

  private Numbers() {}

  /** Returns the digits of a number from 0 to 99,999,999. */
  static long digits(int number) {
    return Integer.toUnsignedLong(HALVES[number / HALF])
        | ((long) HALVES[number % HALF] << Integer.SIZE);
  }

  /** Returns digit {@code i} of these, the most significant being the first, as ASCII. */
  static byte digit(long digits, int i) {
    return (byte) (digits >>> (Byte.SIZE * i));
  }

  /** Returns the text with the number in every place for one. */
  static String fill(String text, int number) {
    return text.replace(PLACE, "%08d".formatted(number));
  }

  /** As above, with digits. */
  static String fill(String text, long digits) {
    byte[] bytes = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      bytes[i] = digit(digits, i);
    }
    return text.replace(PLACE, new String(bytes, StandardCharsets.US_ASCII));
  }

  private static int[] halves() {
    int[] halves = new int[HALF];
    for (int i = 0; i < HALF; i++) {
      int rest = i;
      for (int shift = 3 * Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
        halves[i] |= ('0' + rest % 10) << shift;
        rest /= 10;
      }
    }
    return halves;
  }
}
