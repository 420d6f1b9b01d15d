package dev.nearside.proxy.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which keys and sections there are, at the top, in a namespace or in a query. */
final class Layout {
  static final Layout TOP =
      new Layout(List.copyOf(Keys.ALL), Set.of(NamespaceKeys.SECTION, QueryKeys.SECTION));
  static final Layout NAMESPACE = new Layout(List.copyOf(NamespaceKeys.ALL), Set.of());
  static final Layout QUERY = new Layout(List.copyOf(QueryKeys.ALL), Set.of());

  private final Map<String, Key<?, ?>> keys = new LinkedHashMap<>();
  private final Set<String> sections = new LinkedHashSet<>();

  private Layout(List<Key<?, ?>> keys, Set<String> moreSections) {
    for (Key<?, ?> key : keys) {
      this.keys.put(key.path(), key);
      int dot = key.path().indexOf('.');
      if (dot > 0) {
        sections.add(key.path().substring(0, dot));
      }
    }
    sections.addAll(moreSections);
  }

  /** Returns the key at a path of this layout, or null when there is none. */
  @Nullable Key<?, ?> key(String path) {
    return keys.get(path);
  }

  boolean isSection(String path) {
    return sections.contains(path);
  }

  /** Returns the paths of all keys. */
  Set<String> paths() {
    return keys.keySet();
  }

  /** Returns the paths of the keys in a section. */
  List<String> pathsIn(String section) {
    return keys.keySet().stream().filter(path -> path.startsWith(section + ".")).toList();
  }

  /** Returns the key or section that was probably meant. */
  String nearest(String path) {
    List<String> candidates = new ArrayList<>(keys.keySet());
    candidates.addAll(sections);
    return NearestName.of(path, candidates);
  }
}
