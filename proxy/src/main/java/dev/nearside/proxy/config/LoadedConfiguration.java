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
   * Returns the configuration as YAML with each value's origin as a comment, and without passwords.
   */
  public String redactedYaml() {
    return new EffectiveConfiguration(
            config, path -> "  # " + origins.getOrDefault(path, "default"))
        .yaml();
  }
}
