package dev.nearside.proxy.config;

import java.util.List;

/** A YAML file as read: what stands where, without any meaning given to it. */
sealed interface YamlNode {
  /** Returns the line on which it begins, from 1. */
  int line();

  /**
   * A scalar as it is written, whatever YAML takes it for: {@code on}, {@code 0777} and {@code 1e3}
   * are just those characters. {@code isNull} tells an empty or {@code ~} from an empty string.
   */
  record Scalar(String text, boolean isNull, int line) implements YamlNode {}

  /** Entries in the order of the file; duplicates are still there. */
  record Mapping(List<Entry> entries, int line) implements YamlNode {}

  /** Items in the order of the file. */
  record Sequence(List<YamlNode> items, int line) implements YamlNode {}

  /** A key, its line, and what it is mapped to. */
  record Entry(String key, YamlNode node, int line) {}
}
