package dev.nearside.proxy.config;

import org.jspecify.annotations.Nullable;

/** What became of a text: a value, or why it is none. */
sealed interface Parsed<T> {
  /** The text was understood. */
  record Good<T>(T value) implements Parsed<T> {}

  /**
   * The text was refused.
   *
   * @param reason the predicate that follows the quoted text, for example {@code is out of range},
   *     or null for the type's usual {@code is not …}
   */
  record Refused<T>(@Nullable String reason) implements Parsed<T> {}

  static <T> Parsed<T> good(T value) {
    return new Good<>(value);
  }

  static <T> Parsed<T> refused(String reason) {
    return new Refused<>(reason);
  }

  static <T> Parsed<T> refused() {
    return new Refused<>(null);
  }
}
