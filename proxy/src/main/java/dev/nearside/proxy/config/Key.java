package dev.nearside.proxy.config;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One key of the configuration: everything that is said about it, said once. The parser, the
 * suggestions for unknown keys, the environment's names, the effective configuration and the
 * reference in the README all come from here.
 *
 * @param <R> the record it is a part of
 * @param <T> what its value is
 * @param path its kebab-case path below that record, for example {@code l1.max-bytes}
 * @param type how its value is read and written
 * @param fallback the value it has when nobody gives one, as text; null when there is none
 * @param fallbackNote what the reference says about the default
 * @param documentation what it means, in one or two sentences
 * @param value finds its value in the record; null when there is none
 */
record Key<R, T>(
    String path,
    ValueType<T> type,
    @Nullable String fallback,
    String fallbackNote,
    String documentation,
    Function<R, @Nullable T> value) {

  /** Returns a key with a default. */
  static <R, T> Key<R, T> of(
      String path,
      ValueType<T> type,
      String fallback,
      String documentation,
      Function<R, @Nullable T> value) {
    return new Key<>(path, type, fallback, "`" + fallback + "`", documentation, value);
  }

  /** Returns a key without a default, or with one that is computed as the note says. */
  static <R, T> Key<R, T> optional(
      String path,
      ValueType<T> type,
      String fallbackNote,
      String documentation,
      Function<R, @Nullable T> value) {
    return new Key<>(path, type, null, fallbackNote, documentation, value);
  }

  /** Returns the value in the record as YAML, or null when it has none. */
  @Nullable String yaml(R record) {
    T found = value.apply(record);
    return found == null ? null : type.writer().apply(found);
  }
}
