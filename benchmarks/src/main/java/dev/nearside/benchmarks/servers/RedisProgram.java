package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;

/** Where a {@code redis-server} that runs on this machine comes from. */
public enum RedisProgram {
  /** The one that comes with the build, else the installed one. */
  EMBEDDED,
  /** The installed one, else the one that comes with the build. */
  INSTALLED;

  /**
   * Returns an executable that runs here.
   *
   * @param directory where the one of the build is unpacked
   * @throws ServerException if neither runs here
   */
  public Path find(Path directory) {
    Path installed = Programs.onPath("redis-server");
    if (this == INSTALLED && installed != null && runs(installed)) {
      return installed;
    }
    Path embedded = unpack(directory);
    if (embedded != null && runs(embedded)) {
      return embedded;
    }
    if (installed != null && runs(installed)) {
      return installed;
    }
    throw new ServerException(
        "no redis-server runs here: install the package redis-server, or libssl3 for the one that"
            + " comes with Nearside.");
  }

  private static boolean runs(Path program) {
    return Programs.output(List.of(program.toString(), "--version")).isPresent();
  }

  private static @Nullable Path unpack(Path directory) {
    try {
      return ExecutableProvider.newJarResourceProvider(directory.toFile()).get().toPath();
    } catch (IOException e) {
      return null; // none for this machine; the installed one may do
    }
  }
}
