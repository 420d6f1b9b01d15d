package dev.nearside.proxy.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration comes from, the weakest first: defaults, the file, the environment, flags.
 *
 * @param file a YAML file, or null for none
 * @param environment all variables; those that begin with {@code NEARSIDE_} are read
 * @param flags settings of the command line, in their order
 */
public record ConfigurationSources(
    @Nullable Path file, Map<String, String> environment, List<Flag> flags) {

  /**
   * A setting of the command line.
   *
   * @param name how errors call it, for example {@code --listen}
   * @param path the key it sets, for example {@code l1.max-bytes}
   * @param text its value
   */
  public record Flag(String name, String path, String text) {}
}
