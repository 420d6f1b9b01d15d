package dev.nearside.proxy.config;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.nearside.proxy.config.ConfigurationSources.Flag;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Loads a configuration from sources given one by one; the file is called nearside.yaml. */
final class ConfigurationScene {
  private final Path folder;
  private @Nullable Path file;
  private final Map<String, String> environment = new TreeMap<>();
  private final List<Flag> flags = new ArrayList<>();
  private NamespaceChecks checks = NamespaceChecks.NONE;
  private TlsChecks tlsChecks = TlsChecks.NONE;

  ConfigurationScene(Path folder) {
    this.folder = folder;
  }

  ConfigurationScene yaml(String... lines) {
    file = file("nearside.yaml", String.join("\n", lines) + "\n");
    return this;
  }

  ConfigurationScene variable(String name, String text) {
    environment.put(name, text);
    return this;
  }

  ConfigurationScene set(String path, String text) {
    flags.add(new Flag("--set", path, text));
    return this;
  }

  ConfigurationScene checks(NamespaceChecks checks) {
    this.checks = checks;
    return this;
  }

  ConfigurationScene checks(TlsChecks checks) {
    this.tlsChecks = checks;
    return this;
  }

  /** Writes a file and returns its path. */
  Path file(String name, String content) {
    try {
      return Files.writeString(folder.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  LoadedConfiguration load() throws ConfigurationException {
    return new ConfigurationLoader(checks, tlsChecks)
        .load(new ConfigurationSources(file, environment, flags));
  }

  NearsideConfig config() throws ConfigurationException {
    return load().config();
  }

  /** Returns what is wrong, with the file's folder left out. */
  List<String> problems() {
    ConfigurationException refused = catchThrowableOfType(ConfigurationException.class, this::load);
    return refused == null
        ? List.of()
        : refused.problems().stream().map(problem -> problem.replace(folder + "/", "")).toList();
  }
}
