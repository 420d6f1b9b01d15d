package dev.nearside.proxy.mutant;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Runs tests against a mutant, in a JVM of their own; sidecars they start are that mutant, too. */
public final class TestHunt {
  private static final Pattern CLASS_AND_METHOD =
      Pattern.compile(".*\\[class:(?:[^\\]]*\\.)?([^\\].]+)\\](?:/\\[[^:]*:([^\\](]*))?.*");
  private static final long LIMIT_S = 180;

  private TestHunt() {}

  /**
   * Returns the first test that fails, as {@code Class.method}, or null where none does.
   *
   * @param agentOption tells a JVM of the mutant
   */
  public static @Nullable String run(Mutant mutant, String agentOption)
      throws IOException, InterruptedException {
    if (mutant.tests().isEmpty()) {
      return null;
    }
    ProcessBuilder builder = new ProcessBuilder(command(mutant)).redirectErrorStream(true);
    builder.environment().put("JAVA_TOOL_OPTIONS", agentOption);
    Process process = builder.start();
    Thread limit = Thread.ofVirtual().start(() -> endLate(process));
    try (BufferedReader lines = process.inputReader()) {
      List<String> failed = lines.lines().filter(line -> line.startsWith(TestRun.FAILED)).toList();
      boolean ended = process.waitFor(LIMIT_S, TimeUnit.SECONDS);
      if (!failed.isEmpty()) {
        return name(failed.getFirst());
      }
      return ended && process.exitValue() == 0 ? null : "the tests did not end";
    } finally {
      limit.interrupt();
      process.destroyForcibly();
    }
  }

  private static List<String> command(Mutant mutant) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx1g", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(TestRun.class.getName());
    mutant.tests().forEach(test -> command.add("dev.nearside.proxy." + test));
    return command;
  }

  private static void endLate(Process process) {
    try {
      if (!process.waitFor(LIMIT_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it has ended
    }
  }

  private static String name(String line) {
    Matcher parts = CLASS_AND_METHOD.matcher(line);
    if (!parts.matches()) {
      return line;
    }
    return parts.group(2) == null ? parts.group(1) : parts.group(1) + "." + parts.group(2);
  }
}
