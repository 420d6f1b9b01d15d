package dev.nearside.proxy.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What is wrong with a configuration, in the order found. Remembers which keys are affected, so
 * that no contradiction is reported that stems from a value already refused.
 */
final class Problems {
  private static final int LONGEST_SHOWN = 100;

  private final List<String> sentences = new ArrayList<>();
  private final Set<String> refusedPaths = new HashSet<>();

  /** Adds a sentence about one key as a given place (file and line, variable or flag) has it. */
  void add(String origin, String path, String sentence) {
    refusedPaths.add(path);
    sentences.add(origin + ": " + printable(path) + ": " + sentence);
  }

  /** Adds a sentence about something that is nowhere, or about no single key. */
  void add(String subject, String sentence) {
    refusedPaths.add(subject);
    sentences.add(printable(subject) + ": " + sentence);
  }

  /** Returns whether something was said about the path or a section that it is in. */
  boolean isRefused(String path) {
    for (int end = path.length(); end > 0; end = path.lastIndexOf('.', end - 1)) {
      if (refusedPaths.contains(path.substring(0, end))) {
        return true;
      }
    }
    return false;
  }

  void throwIfAny() throws ConfigurationException {
    if (!sentences.isEmpty()) {
      throw new ConfigurationException(sentences);
    }
  }

  /** Returns the text on one line, quoted, cut where it is long. */
  static String quoted(String text) {
    return '"' + printable(text) + '"';
  }

  /** Returns the text with control characters escaped, cut where it is long. */
  static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length() && i < LONGEST_SHOWN; i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        shown.append("\\n");
      } else if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
        shown.append(String.format("\\u%04x", (int) c));
      } else {
        shown.append(c);
      }
    }
    return text.length() > LONGEST_SHOWN ? shown.append('…').toString() : shown.toString();
  }
}
