package dev.nearside.proxy.parity;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a client was told without having asked, of two servers that need not tell it in step. */
final class Heard {
  private static final Pattern FLUSHED =
      Pattern.compile("(?s)>2\r\n\\$10\r\ninvalidate\r\n(_|\\*-1)\r\n");

  private final Map<String, Integer> ahead = new HashMap<>();
  private long direct;
  private long through;

  void direct(String message) {
    if (!FLUSHED.matcher(message).matches()) {
      ahead.merge(message, 1, Integer::sum);
      direct++;
    }
  }

  void through(String message) {
    if (!FLUSHED.matcher(message).matches()) {
      ahead.merge(message, -1, Integer::sum);
      through++;
    }
  }

  /** Returns a message that came through the sidecar only, or more often. */
  Optional<String> invented() {
    return ahead.entrySet().stream()
        .filter(entry -> entry.getValue() < 0)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Returns how many the direct server told. */
  long ofDirect() {
    return direct;
  }

  /** Returns how many came through the sidecar. */
  long ofThrough() {
    return through;
  }
}
