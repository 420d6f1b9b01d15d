package dev.nearside.benchmarks.report;

import dev.nearside.benchmarks.servers.Programs;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What took part in a run. */
public final class Versions {
  private Versions() {}

  /**
   * Returns the versions of Redis, the JDK with its flags, and Nearside; more may be added. What
   * does not say its version is left out.
   *
   * @param redis the program that was run
   */
  public static Map<String, String> of(Path redis) {
    Map<String, String> versions = new LinkedHashMap<>();
    Programs.output(List.of(redis.toString(), "--version"))
        .ifPresent(version -> versions.put("Redis", version));
    versions.put("JDK", System.getProperty("java.vm.name") + " " + Runtime.version());
    String home = System.getProperty("nearside.home", ".");
    versions.put(
        "JVM flags",
        String.join(
            " ",
            ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-Dnearside.home"))
                .map(flag -> flag.replace(home + "/", "")) // where it was built is nobody's matter
                .toList()));
    commit(home).ifPresent(commit -> versions.put("Nearside", "commit " + commit));
    return versions;
  }

  /**
   * Returns the commit that {@code home} is at, {@code -dirty} where a file is no longer as it was
   * then, other than reports: one run writes them, and the next is of the same program.
   */
  static Optional<String> commit(String home) {
    List<String> changes = List.of("status", "--porcelain", "--untracked-files=no", "--");
    return git(home, List.of("describe", "--always"))
        .map(commit ->
            git(home, changes, ".", ":(exclude)benchmarks/results")
                    .filter(String::isEmpty)
                    .isPresent()
                ? commit
                : commit + "-dirty");
  }

  private static Optional<String> git(String home, List<String> words, String... more) {
    List<String> command = new ArrayList<>(List.of("git", "-C", home));
    command.addAll(words);
    command.addAll(List.of(more));
    return Programs.output(command);
  }
}
