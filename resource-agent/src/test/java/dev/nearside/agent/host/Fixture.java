package dev.nearside.agent.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** A copy of one of the trees under {@code host/} in the test resources, free to be changed. */
public final class Fixture {
  private final Path root;

  private Fixture(Path root) {
    this.root = root;
  }

  /** Copies the tree {@code name} into {@code folder}. */
  public static Fixture copy(String name, Path folder) {
    try {
      var resource = Objects.requireNonNull(Fixture.class.getResource("/host/" + name), name);
      Path from = Path.of(resource.toURI());
      try (Stream<Path> files = Files.walk(from)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Path to = folder.resolve(from.relativize(file).toString());
          Files.createDirectories(to.getParent());
          Files.copy(file, to);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    return new Fixture(folder);
  }

  public Path root() {
    return root;
  }

  /**
   * Replaces a file's text in place, as the kernel would: whoever has it open sees the new text.
   */
  public Fixture write(String path, String text) {
    try {
      Files.writeString(root.resolve(path), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** Opens the host's sensors on this tree. */
  public List<Sensor> sensors() {
    return HostSensors.open(root, ProcessHooks.NONE);
  }

  /** Opens the host's sensors and returns the one of that name. */
  public Sensor sensor(String name) {
    return sensors().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
  }
}
