package dev.nearside.proxy.scene;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import redis.embedded.core.ExecutableProvider;

/** Which redis-server a test is played on. */
public enum RedisProgram {
  /** The one installed on this machine, whatever its version. */
  ON_PATH,
  /** The Redis 6.2 that embedded-redis carries. */
  CARRIED;

  /** Returns those that this machine has; the carried one always. */
  public static List<RedisProgram> available() {
    return find("redis-server").isPresent() ? List.of(ON_PATH, CARRIED) : List.of(CARRIED);
  }

  /**
   * Returns the one on the PATH, else the carried one; the carried one, too, where the system
   * property {@code redis.carried} is true.
   */
  public static RedisProgram preferred() {
    return Boolean.getBoolean("redis.carried") ? CARRIED : available().getFirst();
  }

  /** Returns where a program of this name is on the PATH, if it is there. */
  public static Optional<Path> find(String name) {
    return findAll(name).findFirst();
  }

  /** Returns every program of this name on the PATH, in its order. */
  public static Stream<Path> findAll(String name) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable);
  }

  /** Returns its version, for example {@code 7.0.15}. */
  public String version() throws IOException {
    Process process = new ProcessBuilder(path(), "--version").start();
    try (BufferedReader said = process.inputReader()) {
      return said.readLine().replaceFirst(".*\\bv=(\\S+).*", "$1");
    }
  }

  /** Returns the first number of its version. */
  public int major() throws IOException {
    return Integer.parseInt(version().replaceFirst("\\..*", ""));
  }

  /** Returns whether its version is {@code major} or a later one. */
  public boolean isAtLeast(int major) {
    try {
      return major() >= major;
    } catch (IOException e) {
      throw new UncheckedIOException("redis-server does not say its version", e);
    }
  }

  /** Returns whether it can do TLS; the carried one cannot. */
  public boolean hasTls() {
    return this == ON_PATH;
  }

  /** Returns where its program is. */
  String path() {
    return switch (this) {
      case ON_PATH -> find("redis-server").orElseThrow().toString();
      case CARRIED -> Carried.PATH;
    };
  }

  /** The carried program, unpacked once. */
  private static final class Carried {
    static final String PATH = unpack();

    private static String unpack() {
      try {
        return ExecutableProvider.newJarResourceProvider().get().getAbsolutePath();
      } catch (IOException e) {
        throw new UncheckedIOException("the redis-server carried cannot be unpacked", e);
      }
    }
  }
}
