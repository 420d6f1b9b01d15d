package dev.nearside.proxy.config;

import java.util.List;

/**
 * A section whose keys are names that the configuration chooses, each with the same keys below it:
 * {@code namespaces:} and {@code queries:}. Immutable.
 *
 * @param section its key at the top
 * @param one what one of it is called
 * @param layout the keys below each name
 */
record Family(String section, String one, Layout layout) {
  static final Family NAMESPACES =
      new Family(NamespaceKeys.SECTION, "a namespace", Layout.NAMESPACE);
  static final Family QUERIES = new Family(QueryKeys.SECTION, "a query", Layout.QUERY);

  /** All of them, in the order shown. */
  static final List<Family> ALL = List.of(NAMESPACES, QUERIES);

  /** Returns the path of one of it. */
  String path(String name) {
    return section + "." + name;
  }

  /** Returns what the paths of the keys of one of it begin with. */
  String prefix(String name) {
    return path(name) + ".";
  }
}
