package dev.nearside.agent;

import java.util.Locale;

/**
 * Why a level changed.
 *
 * @param signal the name of the worst signal at that moment
 * @param value its value; not a number when it could no longer be read
 * @param lo the bound at which it starts to count
 * @param hi the bound at which it counts in full
 */
public record Cause(String signal, double value, double lo, double hi) {
  /** Returns for example {@code memory_ratio 0.931 (0.800..0.970)}, as logs write it. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s %.3f (%.3f..%.3f)", signal, value, lo, hi);
  }
}
