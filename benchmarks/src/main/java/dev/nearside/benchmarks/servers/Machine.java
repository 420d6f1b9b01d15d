package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The machine a run was made on, as far as it matters for its numbers. */
public final class Machine {
  private Machine() {}

  /** Returns what it is, in words; what cannot be read is left out. */
  public static Map<String, String> describe() throws IOException {
    Map<String, String> machine = new LinkedHashMap<>();
    String processor = firstValue(Path.of("/proc/cpuinfo"), "model name");
    machine.put(
        "processor",
        Runtime.getRuntime().availableProcessors()
            + " × "
            + (processor.isEmpty() ? System.getProperty("os.arch") : processor));
    machine.put("memory", firstValue(Path.of("/proc/meminfo"), "MemTotal"));
    machine.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    String[] load = Files.readString(Path.of("/proc/loadavg")).split(" ", -1);
    machine.put("load average of the last minute", load[0]);
    return machine;
  }

  private static String firstValue(Path file, String name) throws IOException {
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("");
    }
  }
}
