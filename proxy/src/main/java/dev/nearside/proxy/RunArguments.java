package dev.nearside.proxy;

import dev.nearside.proxy.config.ConfigurationSources;
import dev.nearside.proxy.config.ConfigurationSources.Flag;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the arguments of a verb say about its configuration, read without picocli when they are
 * plain.
 *
 * <p>picocli is compiled for Java 5, so no class archive holds it, and it makes its model from
 * annotations at each start: a sixth of a second that a sidecar need not spend. Whatever is not
 * plain here goes to {@link Verbs}, which reads the same, explains and refuses.
 */
final class RunArguments {
  private static final String VERB = "run";
  private static final String FILE = "--config";
  private static final String ANY_KEY = "--set";

  /** The options that set one key each, in the order in which their values count. */
  private static final Map<String, String> KEYS = keys();

  private final Map<String, String> options = new LinkedHashMap<>();
  private final Map<String, String> settings = new LinkedHashMap<>();

  private RunArguments() {}

  private static Map<String, String> keys() {
    Map<String, String> keys = new LinkedHashMap<>();
    keys.put("--upstream", "upstream.uri");
    keys.put("--listen", "listen");
    keys.put("--http", "http");
    return keys;
  }

  /**
   * Reads the whole command line.
   *
   * @return null unless it is {@code run} and nothing but options of ours, each with a value, and
   *     none but {@code --set} twice
   */
  static @Nullable ConfigurationSources read(String[] line, Map<String, String> environment) {
    if (line.length == 0 || !line[0].equals(VERB)) {
      return null;
    }
    RunArguments read = new RunArguments();
    for (int i = 1; i < line.length; ) {
      int equals = line[i].indexOf('=');
      boolean alone = equals < 0;
      if (alone && i + 1 == line.length) {
        return null;
      }
      String name = alone ? line[i] : line[i].substring(0, equals);
      if (!read.take(name, alone ? line[i + 1] : line[i].substring(equals + 1))) {
        return null;
      }
      i += alone ? 2 : 1;
    }
    return sources(read.options.get(FILE), read.settings, read.options, environment);
  }

  private boolean take(String name, String value) {
    if (value.isEmpty() || "-@\"'".indexOf(value.charAt(0)) >= 0) {
      return false;
    }
    if (name.equals(ANY_KEY)) {
      int equals = value.indexOf('=');
      return equals > 0
          && settings.put(value.substring(0, equals), value.substring(equals + 1)) == null;
    }
    return (name.equals(FILE) || KEYS.containsKey(name)) && options.put(name, value) == null;
  }

  /**
   * Returns where the configuration comes from.
   *
   * @param settings what {@code --set} says, key by key
   * @param options the values of the other options, by their names
   */
  static ConfigurationSources sources(
      @Nullable String file,
      Map<String, String> settings,
      Map<String, String> options,
      Map<String, String> environment) {
    List<Flag> flags = new ArrayList<>();
    settings.forEach((path, text) -> flags.add(new Flag(ANY_KEY, path, text)));
    KEYS.forEach((name, path) -> {
      String text = options.get(name);
      if (text != null) {
        flags.add(new Flag(name, path, text));
      }
    });
    return new ConfigurationSources(file == null ? null : Path.of(file), environment, flags);
  }
}
