package dev.nearside.proxy.config;

import java.util.Map;

/**
 * A configuration and where it comes from. Immutable.
 *
 * @param config the configuration
 * @param origins where the value of each given key stands (file and line, variable or flag), by the
 *     key's path
 */
public record LoadedConfiguration(NearsideConfig config, Map<String, String> origins) {
  /** Copies the map. */
  public LoadedConfiguration {
    origins = Map.copyOf(origins);
  }

  /**
   * Returns where it is said which rows a namespace, or a query, reads, as errors begin: {@code
   * nearside.yaml:7: namespaces.prompt.database.query}.
   */
  public String subjectOfRows(String namespace) {
    if (namespace.startsWith(NearsideConfig.Query.PREFIX)) {
      String name = namespace.substring(NearsideConfig.Query.PREFIX.length());
      String path = QueryKeys.prefix(name) + QueryKeys.SQL.path();
      String origin = origins.get(path);
      return origin == null ? path : origin + ": " + path;
    }
    for (Key<NearsideConfig.Namespace, ?> key : NamespaceKeys.ROWS) {
      String path = NamespaceKeys.prefix(namespace) + key.path();
      String origin = origins.get(path);
      if (origin != null) {
        return origin + ": " + path;
      }
    }
    return NamespaceKeys.SECTION + "." + namespace;
  }

  /** Returns where it is said which tables are captured, as errors begin. */
  public String subjectOfCapture() {
    String path = CaptureKeys.CAPTURE.path();
    String origin = origins.get(path);
    return origin == null ? path : origin + ": " + path;
  }

  /**
   * Returns the configuration as YAML with each value's origin as a comment, and without passwords.
   */
  public String redactedYaml() {
    return new EffectiveConfiguration(
            config, path -> "  # " + origins.getOrDefault(path, "default"))
        .yaml();
  }
}
