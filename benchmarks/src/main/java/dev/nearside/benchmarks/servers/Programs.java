package dev.nearside.benchmarks.servers;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Programs of the operating system. */
public final class Programs {
  /** Where Debian keeps servers, which is not on every user's PATH. */
  private static final String SERVER_DIRECTORIES =
      "/usr/sbin" + File.pathSeparator + "/usr/local/sbin";

  private Programs() {}

  /** Returns where the program is, or null when it is not installed. */
  public static @Nullable Path onPath(String name) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
    String all = path + File.pathSeparator + SERVER_DIRECTORIES;
    for (String directory : all.split(File.pathSeparator, -1)) {
      Path file = Path.of(directory, name);
      if (Files.isRegularFile(file) && Files.isExecutable(file)) {
        return file;
      }
    }
    return null;
  }

  /**
   * Returns what the command printed, standard error included, without blanks at either end; empty
   * when it failed or does not exist.
   */
  public static Optional<String> output(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? Optional.of(text.strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
