package dev.nearside.benchmarks.generator;

import java.util.Random;

/**
 * What the values are: a header, the digits of the key's number, and a filler that all share. So
 * from a key follows its value, and a reply that belongs to another key is noticed.
 *
 * @param bytes the length of each, at least 16
 * @param compressible whether the filler is records as programs write them, else noise
 */
public record Values(int bytes, boolean compressible) {
  private static final String HEADER = "value-";
  private static final int LEAST = 16;
  private static final long SEED = 2_718_281;
  private static final String SYMBOLS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  /** Checks the length. */
  public Values {
    if (bytes < LEAST) {
      throw new IllegalArgumentException(
          "values of %d bytes: they need %d".formatted(bytes, LEAST));
    }
  }

  /** Returns values of this length that cannot be compressed. */
  public static Values of(int bytes) {
    return new Values(bytes, false);
  }

  /** Returns the value of the key with this number. */
  public String value(int number) {
    return Numbers.fill(pattern(), number);
  }

  /** Returns the value with {@link Numbers#PLACE} in its number's place. */
  String pattern() {
    StringBuilder text = new StringBuilder(HEADER).append(Numbers.PLACE);
    Random random = new Random(SEED);
    while (text.length() < bytes) {
      if (compressible) {
        text.append(record(random));
      } else {
        text.append(SYMBOLS.charAt(random.nextInt(SYMBOLS.length())));
      }
    }
    return text.substring(0, bytes);
  }

  private static String record(Random random) {
    return "{\"id\":%d,\"customer\":\"%x\",\"state\":\"open\",\"amount\":%d}\n"
        .formatted(random.nextInt(1_000_000), random.nextLong(), random.nextInt(10_000));
  }
}
