package dev.nearside.benchmarks.footprint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The memory of a process as Linux counts it, see proc_pid_status(5) and proc_pid_smaps(5).
 *
 * @param rssKib what is resident
 * @param anonymousKib of it, what no file is behind
 * @param pssKib what is resident, pages shared with other processes divided among them
 */
record ProcessMemory(long rssKib, long anonymousKib, long pssKib) {
  private static final double KIB_PER_MIB = 1024;

  static ProcessMemory of(long pid) throws IOException {
    Path directory = Path.of("/proc", Long.toString(pid));
    String status = Files.readString(directory.resolve("status"));
    String rollup = Files.readString(directory.resolve("smaps_rollup"));
    return new ProcessMemory(
        number(status, "VmRSS:"), number(status, "RssAnon:"), number(rollup, "Pss:"));
  }

  /** Returns the number behind the line's name; 0 where there is no such line. */
  static long number(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip().split(" ", 2)[0])
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElse(0);
  }

  double rssMib() {
    return rssKib / KIB_PER_MIB;
  }

  /** Returns the three as cells of a table, in MiB. */
  String[] cells() {
    return new String[] {mib(rssKib), mib(anonymousKib), mib(pssKib)};
  }

  private static String mib(long kib) {
    return String.format(Locale.ROOT, "%.1f", kib / KIB_PER_MIB);
  }
}
