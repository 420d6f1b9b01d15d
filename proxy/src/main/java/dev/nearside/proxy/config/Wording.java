package dev.nearside.proxy.config;

import java.util.List;

/** Small pieces of the sentences in errors. */
final class Wording {
  private Wording() {}

  /** Returns {@code a, b or c}. */
  static String or(List<String> words) {
    if (words.size() == 1) {
      return words.getFirst();
    }
    return String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
  }
}
