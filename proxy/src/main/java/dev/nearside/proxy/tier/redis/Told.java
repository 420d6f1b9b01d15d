package dev.nearside.proxy.tier.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the upstream answered to a question of the sidecar's own.
 *
 * @param values the reply, maps as lists of keys and values, strings as text
 * @param error the error reply instead, or null
 * @param sentAtNs when it was asked
 */
record Told(List<?> values, @Nullable String error, long sentAtNs) {
  static Told of(@Nullable List<?> values, @Nullable String error, long sentAtNs) {
    return new Told(values == null ? List.of() : texts(values), error, sentAtNs);
  }

  private static List<?> texts(List<?> values) {
    return values.stream().map(Told::text).toList();
  }

  private static Object text(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case byte[] bytes -> new String(bytes, StandardCharsets.UTF_8);
      case List<?> list -> texts(list);
      default -> value;
    };
  }

  /** Returns the element at {@code index} as text, or nothing where there is none. */
  String word(int index) {
    return index < values.size() ? String.valueOf(values.get(index)) : "";
  }

  /** Returns what follows {@code key} in a map, or null where it has no such key. */
  @Nullable Object field(String key) {
    for (int i = 0; i + 1 < values.size(); i += 2) {
      if (key.equals(values.get(i))) {
        return values.get(i + 1);
      }
    }
    return null;
  }

  /** Returns whether this user may not ask that. */
  boolean isForbidden() {
    return error != null && error.startsWith("NOPERM");
  }

  /** Returns whether this server knows no such question. */
  boolean isUnknown() {
    return error != null && error.toLowerCase(Locale.ROOT).startsWith("err unknown");
  }
}
