package dev.nearside.benchmarks.generator;

import dev.nearside.benchmarks.servers.CpuTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The clocks and counts at one end of the measured interval.
 *
 * @param ns {@link System#nanoTime()}
 * @param replies that came so far
 * @param bytes that came so far
 * @param cpuSeconds of the watched processes
 * @param ownCpuSeconds of this process
 */
record Clocks(long ns, long replies, long bytes, List<Double> cpuSeconds, double ownCpuSeconds) {
  static Clocks now(List<Long> pids, long replies, long bytes) throws IOException {
    List<Double> cpu = new ArrayList<>();
    for (long pid : pids) {
      cpu.add(CpuTime.seconds(pid));
    }
    double own = CpuTime.seconds(ProcessHandle.current().pid());
    return new Clocks(System.nanoTime(), replies, bytes, List.copyOf(cpu), own);
  }
}
