package dev.nearside.proxy.scene;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Which PostgreSQL a test is played on. */
public enum PostgresProgram {
  /** The one installed on this machine, whatever its version. */
  ON_PATH,
  /** The one that a Maven artifact carries. */
  CARRIED;

  /** Returns whether this machine has it; the carried one always. */
  public boolean isAvailable() {
    return this == CARRIED || installed().isPresent();
  }

  /** Returns the directory of {@code postgres} and {@code initdb}. */
  Path directory() throws IOException {
    return switch (this) {
      case ON_PATH -> installed().orElseThrow(() -> new IOException("no PostgreSQL on the PATH"));
      case CARRIED -> PostgresBinaries.directory().resolve("bin");
    };
  }

  /** A server finds its files beside where it really is, so links are followed. */
  private static Optional<Path> installed() {
    return RedisProgram.findAll("postgres")
        .map(PostgresProgram::home)
        .filter(home -> Files.isExecutable(home.resolve("initdb")))
        .findFirst();
  }

  private static Path home(Path program) {
    try {
      return program.toRealPath().resolveSibling("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
