package dev.nearside.benchmarks.servers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * CPU time of a process, from {@code /proc/PID/stat} (see proc_pid_stat(5)): fields 14 and 15,
 * {@code utime} and {@code stime}, in clock ticks, of all its threads.
 */
public final class CpuTime {
  private static final int FIELDS_TO_UTIME = 11; // counted from field 3, the state
  private static final long TICKS_PER_SECOND =
      Programs.output(List.of("getconf", "CLK_TCK")).map(Long::parseLong).orElse(100L);

  private CpuTime() {}

  /**
   * Returns user and system time so far, in seconds.
   *
   * @throws IOException if there is no such process
   */
  public static double seconds(long pid) throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "stat"));
    return seconds(new String(bytes, StandardCharsets.UTF_8));
  }

  /**
   * Returns that of a process, of all its living descendants, and of the children that it has
   * waited for (fields 16 and 17): servers that start a process for each connection.
   *
   * @throws IOException if there is no such process
   */
  public static double secondsOfFamily(long pid) throws IOException {
    double sum = withChildren(pid);
    for (ProcessHandle each : descendants(pid)) {
      sum += withChildrenOr0(each.pid());
    }
    return sum;
  }

  private static double withChildrenOr0(long pid) throws IOException {
    try {
      return withChildren(pid);
    } catch (IOException e) {
      if (Files.exists(Path.of("/proc", Long.toString(pid)))) {
        throw e;
      }
      return 0; // it has ended just now, maybe between the opening of its file and the reading
    }
  }

  private static double withChildren(long pid) throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "stat"));
    String stat = new String(bytes, StandardCharsets.UTF_8);
    return seconds(stat, FIELDS_TO_UTIME) + seconds(stat, FIELDS_TO_UTIME + 2);
  }

  private static List<ProcessHandle> descendants(long pid) {
    return ProcessHandle.of(pid).stream().flatMap(ProcessHandle::descendants).toList();
  }

  /** As above, from the file's line; the name, in parentheses, may contain anything. */
  static double seconds(String stat) {
    return seconds(stat, FIELDS_TO_UTIME);
  }

  private static double seconds(String stat, int first) {
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = Long.parseLong(fields[first]) + Long.parseLong(fields[first + 1]);
    return (double) ticks / TICKS_PER_SECOND;
  }
}
