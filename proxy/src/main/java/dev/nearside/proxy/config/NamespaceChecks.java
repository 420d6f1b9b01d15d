package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Namespace;
import java.util.function.Consumer;

/**
 * What the loader asks others about namespaces, since key patterns and queries are read elsewhere.
 * Each check returns when all is well and else throws {@link IllegalArgumentException} with a
 * sentence that says what is wrong and what was expected.
 *
 * @param keys gets a key pattern
 * @param query gets a namespace whose key pattern passed and that has a query
 * @param tags gets a namespace whose key pattern passed and that names tags
 */
public record NamespaceChecks(
    Consumer<String> keys, Consumer<Namespace> query, Consumer<Namespace> tags) {
  /** Finds nothing wrong. */
  public static final NamespaceChecks NONE =
      new NamespaceChecks(keys -> {}, namespace -> {}, namespace -> {});
}
