package dev.nearside.benchmarks.outbox;

import org.jspecify.annotations.Nullable;

/**
 * A key, what its writers were told, and what the database may therefore have of it. Writers tell
 * it while they hold the turnstile open, the checks ask it while that is shut.
 */
sealed interface WrittenKey permits NumberedKey, CountedKey {
  /** Returns the row's number. */
  long id();

  /** Returns its name in Redis. */
  default String name() {
    return Site.KEY + id();
  }

  /** The database has made a row of {@code number}, later than the one told before. */
  void applied(long number, Violations violations);

  /** The outbox is empty, and the row has {@code row}, or there is none. */
  void check(@Nullable Long row, Violations violations);
}
