package dev.nearside.proxy.tier.database;

import org.jspecify.annotations.Nullable;

/**
 * Whether the rows of a namespace are in the database as its configuration says.
 *
 * @param misfit what does not fit, and what was expected, or null
 * @param warning what may be a mistake, or null
 */
record Fit(@Nullable String misfit, @Nullable String warning) {
  static final Fit GOOD = new Fit(null, null);

  static Fit misfit(String why) {
    return new Fit(why, null);
  }

  static Fit warning(@Nullable String warning) {
    return new Fit(null, warning);
  }
}
