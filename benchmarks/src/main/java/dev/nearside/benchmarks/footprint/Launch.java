package dev.nearside.benchmarks.footprint;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The command line of a sidecar as {@code ./nearside run} makes it.
 *
 * @param label in tables
 * @param flags JVM flags behind those of the launcher, so that they win
 */
record Launch(String label, List<String> flags) {
  private static final String MAIN = "dev.nearside.proxy.Nearside";

  static Launch of(String label, String... flags) {
    return new Launch(label, List.of(flags));
  }

  /** Returns the command with these arguments of {@code run}. */
  List<String> command(List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    boolean otherCollector = flags.stream().anyMatch(Launch::namesCollector);
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !(otherCollector && namesCollector(flag)))
        .forEach(command::add);
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath(), MAIN, "run"));
    command.addAll(arguments);
    return command;
  }

  private static boolean namesCollector(String flag) {
    return flag.startsWith("-XX:+Use") && flag.endsWith("GC");
  }

  /** Returns the launcher's where the proxy is built in its place, else that of this process. */
  private static String classPath() throws IOException {
    Path target = Path.of(System.getProperty("nearside.home", "."), "proxy", "target");
    if (Files.isDirectory(target.resolve("lib"))) {
      try (Stream<Path> files = Files.list(target)) {
        List<Path> jars = files.filter(Launch::isProxy).toList();
        if (jars.size() == 1) {
          return jars.getFirst() + ":" + target.resolve("lib") + "/*";
        }
      }
    }
    return System.getProperty("java.class.path");
  }

  private static boolean isProxy(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.matches("proxy-.*\\.jar") && !name.endsWith("-tests.jar");
  }
}
