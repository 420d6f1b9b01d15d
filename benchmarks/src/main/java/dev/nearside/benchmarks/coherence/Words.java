package dev.nearside.benchmarks.coherence;

import java.util.Locale;

/** Numbers as tables show them. */
final class Words {
  private Words() {}

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String whole(double number) {
    return String.format(Locale.ROOT, "%,.0f", number);
  }

  static String one(double number) {
    return String.format(Locale.ROOT, "%,.1f", number);
  }

  static String two(double number) {
    return String.format(Locale.ROOT, "%,.2f", number);
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
