package dev.nearside.proxy.namespace;

import dev.nearside.proxy.config.NearsideConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All namespaces, in the order of the configuration. Immutable and thread-safe.
 *
 * <p>A key is compared only with the templates that can start with its first byte, so that the cost
 * on the way of a local read does not grow with namespaces of other prefixes.
 */
public final class Namespaces {
  /** The index of keys without a first byte. */
  private static final int EMPTY_KEY = 256;

  private final List<Namespace> all;
  private final boolean anyStrict;
  private final Map<String, Namespace> queries = new HashMap<>();
  private final Namespace[][] byFirstByte = new Namespace[EMPTY_KEY + 1][];

  private Namespaces(List<Namespace> all) {
    this.all = List.copyOf(all);
    this.anyStrict = all.stream().anyMatch(Namespace::strict);
    all.stream().filter(Namespace::isQuery).forEach(query -> queries.put(query.name(), query));
    for (int first = 0; first <= EMPTY_KEY; first++) {
      int firstByte = first;
      byFirstByte[first] =
          all.stream().filter(n -> canStartWith(n, firstByte)).toArray(Namespace[]::new);
    }
  }

  /**
   * Builds the namespaces of a configuration.
   *
   * @throws IllegalArgumentException if a key pattern is malformed
   */
  public static Namespaces of(List<NearsideConfig.Namespace> configs) {
    List<Namespace> built = new ArrayList<>();
    for (NearsideConfig.Namespace config : configs) {
      built.add(Namespace.of(config));
    }
    return new Namespaces(built);
  }

  /** Returns all of them, in the order of the configuration. */
  public List<Namespace> all() {
    return all;
  }

  /** Returns the namespace of the cached query {@code name}, or null where there is none. */
  public @Nullable Namespace query(String name) {
    return queries.get(NearsideConfig.Query.PREFIX + name);
  }

  /** Returns whether any namespace asks for strict reads, so that each look-up has to ask here. */
  public boolean anyStrict() {
    return anyStrict;
  }

  /**
   * Returns the first namespace whose template the key in {@code bytes[offset, offset + length)}
   * matches, or null; allocates nothing.
   */
  public @Nullable Namespace find(byte[] bytes, int offset, int length) {
    int first = length == 0 ? EMPTY_KEY : bytes[offset] & 0xff;
    for (Namespace candidate : byFirstByte[first]) {
      if (candidate.template().matches(bytes, offset, length)) {
        return candidate;
      }
    }
    return null;
  }

  /** Returns the tags that the configuration gives to the key {@code bytes[0, length)}. */
  public List<byte[]> tagsOf(byte[] bytes, int length) {
    Namespace namespace = find(bytes, 0, length);
    return namespace == null ? List.of() : namespace.tagsOf(bytes, length);
  }

  private static boolean canStartWith(Namespace namespace, int first) {
    byte[] prefix = namespace.template().prefix();
    return prefix.length == 0 || (prefix[0] & 0xff) == first;
  }
}
