package dev.nearside.proxy.packaging;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs to their end, with what they print in one file. */
final class Commands {
  private static final long LIMIT_SECONDS = 120;

  /** How a program ended, and all it printed. */
  record Outcome(int status, String output) {}

  private Commands() {}

  /** Runs {@code command} in {@code directory} with {@code environment} added to this process's. */
  static Outcome run(Path directory, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path printed = Files.createTempFile("nearside-command", ".log");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
      builder.environment().putAll(environment);
      builder.redirectErrorStream(true).redirectOutput(printed.toFile());
      return new Outcome(status(builder.start(), command), read(printed));
    } finally {
      Files.delete(printed);
    }
  }

  private static int status(Process process, List<String> command) throws InterruptedException {
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("still running after " + LIMIT_SECONDS + " s: " + command);
    }
    return process.exitValue();
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  /** Returns {@code command} as run by {@code user:group} when this process is root, else as is. */
  static List<String> unprivileged(String user, List<String> command) {
    if (!System.getProperty("user.name").equals("root")) {
      return command;
    }
    String[] ids = user.split(":", 2);
    List<String> wrapped =
        new ArrayList<>(List.of("setpriv", "--reuid", ids[0], "--regid", ids[1], "--clear-groups"));
    wrapped.addAll(command);
    return wrapped;
  }
}
