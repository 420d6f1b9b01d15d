package dev.nearside.proxy.strings;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Numbers as Redis has them in INCRBYFLOAT: {@code long double} of x86, whose significand has 64
 * bits. Decimal fractions that it cannot hold show in the 17th digit behind the point, and so they
 * must here.
 */
final class ExtendedDouble {
  private static final int SIGNIFICAND_BITS = 64;
  private static final int FRACTION_DIGITS = 17;
  private static final int MAX_EXPONENT = 16384;
  private static final int MAX_MAGNITUDE = 4933;
  private static final int MIN_MAGNITUDE = -4949;
  private static final Pattern INFINITE =
      Pattern.compile("[+-]?inf(inity)?", Pattern.CASE_INSENSITIVE);
  private static final int MAX_TEXT = 5 * 1024;

  private ExtendedDouble() {}

  /**
   * Reads a number as {@code strtold} does, but no hexadecimal one.
   *
   * @throws NumberFormatException if it is none
   * @throws ArithmeticException if it is infinite
   */
  static BigDecimal parse(byte[] text) {
    String number = new String(text, StandardCharsets.ISO_8859_1);
    if (number.isEmpty() || number.length() > MAX_TEXT) {
      throw new NumberFormatException("not a number");
    }
    if (INFINITE.matcher(number).matches()) {
      throw new ArithmeticException("infinite");
    }
    char last = number.charAt(number.length() - 1);
    if (!(Character.isDigit(last) || last == '.')) {
      throw new NumberFormatException("not a number");
    }
    BigDecimal exact = new BigDecimal(number);
    long magnitude = (long) exact.precision() - exact.scale();
    if (exact.signum() != 0 && (magnitude > MAX_MAGNITUDE || magnitude < MIN_MAGNITUDE)) {
      throw new NumberFormatException("out of range");
    }
    BigDecimal rounded = round(exact);
    if (isTooLarge(rounded)) {
      throw new NumberFormatException("out of range");
    }
    return rounded;
  }

  /**
   * Returns the sum.
   *
   * @throws ArithmeticException if it is too large
   */
  static BigDecimal add(BigDecimal a, BigDecimal b) {
    BigDecimal sum = round(a.add(b));
    if (isTooLarge(sum)) {
      throw new ArithmeticException("too large");
    }
    return sum;
  }

  private static boolean isTooLarge(BigDecimal number) {
    return number.toBigInteger().bitLength() > MAX_EXPONENT;
  }

  /** Returns it with 17 digits behind the point, zeros at the end left out. */
  static String print(BigDecimal number) {
    BigDecimal rounded = number.setScale(FRACTION_DIGITS, RoundingMode.HALF_EVEN);
    return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
  }

  /** Returns the nearest number with a significand of 64 bits; of two, the even one. */
  private static BigDecimal round(BigDecimal exact) {
    if (exact.signum() == 0) {
      return BigDecimal.ZERO;
    }
    BigInteger numerator = exact.unscaledValue().abs();
    BigInteger denominator = BigInteger.ONE;
    if (exact.scale() > 0) {
      denominator = BigInteger.TEN.pow(exact.scale());
    } else {
      numerator = numerator.multiply(BigInteger.TEN.pow(-exact.scale()));
    }
    int shift = SIGNIFICAND_BITS - (numerator.bitLength() - denominator.bitLength());
    BigInteger significand = divide(numerator, denominator, shift);
    if (significand.bitLength() > SIGNIFICAND_BITS) {
      shift--;
      significand = divide(numerator, denominator, shift);
    }
    BigDecimal value = new BigDecimal(significand);
    BigDecimal rounded =
        shift >= 0
            ? value.divide(new BigDecimal(BigInteger.TWO.pow(shift)))
            : value.multiply(new BigDecimal(BigInteger.TWO.pow(-shift)));
    return exact.signum() < 0 ? rounded.negate() : rounded;
  }

  /** Returns {@code numerator / denominator * 2^shift}, rounded to a whole number. */
  private static BigInteger divide(BigInteger numerator, BigInteger denominator, int shift) {
    BigInteger above = shift > 0 ? numerator.shiftLeft(shift) : numerator;
    BigInteger below = shift < 0 ? denominator.shiftLeft(-shift) : denominator;
    BigInteger[] parts = above.divideAndRemainder(below);
    int half = parts[1].shiftLeft(1).compareTo(below);
    boolean up = half > 0 || (half == 0 && parts[0].testBit(0));
    return up ? parts[0].add(BigInteger.ONE) : parts[0];
  }
}
