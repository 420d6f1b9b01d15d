package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.servers.Programs;
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
  /** Lets a JVM start without the ahead-of-time cache that it is given. */
  static final String NO_CACHE = "-XX:AOTMode=off";

  private static final String MAIN = "dev.nearside.proxy.Nearside";
  private static final String CACHE_FLAG = "-XX:AOTCache";
  private static final String YOUNG_FLAG = "-XX:MaxNewSize"; // goes with the launcher's collector
  private static final String HOME = "nearside.home";

  static Launch of(String label, String... flags) {
    return new Launch(label, List.of(flags));
  }

  /** Lets the launcher, where it is there, build what it would build before a first start. */
  static void prepare() {
    String home = System.getProperty(HOME);
    if (home != null) {
      Programs.output(List.of(Path.of(home, "nearside").toString(), "version"));
    }
  }

  /** Returns the command with these arguments of {@code run}. */
  List<String> command(List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    boolean otherCollector = flags.stream().anyMatch(Launch::namesCollector);
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !(otherCollector && (namesCollector(flag) || flag.startsWith(YOUNG_FLAG))))
        .filter(flag -> !flag.startsWith(CACHE_FLAG)) // made for the class path of this process
        .forEach(command::add);
    Path cache = target().resolve("nearside.aot");
    if (!otherCollector && Files.exists(cache)) {
      command.add(CACHE_FLAG + "=" + cache);
    }
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
    Path target = target();
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

  private static Path target() {
    return Path.of(System.getProperty(HOME, "."), "proxy", "target");
  }

  private static boolean isProxy(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.matches("proxy-.*\\.jar") && !name.endsWith("-tests.jar");
  }
}
