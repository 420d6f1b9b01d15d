package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.Programs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Where and how thoroughly it is measured.
 *
 * @param directory for what servers write
 * @param redisProgram an executable
 * @param progress told what is done
 * @param starts how often each start is timed
 * @param idleSeconds after which memory is read
 * @param l1Mib the size of the L1 that is filled
 * @param connections the clients that are connected while it is full
 */
record Place(
    Path directory,
    Path redisProgram,
    PrintStream progress,
    int starts,
    int idleSeconds,
    int l1Mib,
    int connections) {

  /** Starts a Redis that remembers as many tracked keys as it is asked to; the caller closes it. */
  EmbeddedRedis redis() {
    return EmbeddedRedis.start(
        redisProgram,
        directory,
        List.of("--tracking-table-max-keys", "0", "--maxclients", "20000"));
  }

  void say(String format, Object... words) {
    progress.printf("  " + format + "%n", words);
  }

  /** Lets the servers alone for a while. */
  static void rest(int seconds) throws InterruptedException {
    TimeUnit.SECONDS.sleep(seconds);
  }

  /** Returns the CPU time of a process in milliseconds, of all its threads. */
  static double cpuMs(long pid) throws IOException {
    return ProcessHandle.of(pid)
            .flatMap(handle -> handle.info().totalCpuDuration())
            .orElseThrow(() -> new IOException("process " + pid + " has ended"))
            .toNanos()
        / 1e6;
  }

  /** Returns how many threads a process has. */
  static String threads(long pid) {
    return Programs.output(List.of("sh", "-c", "ls /proc/" + pid + "/task | wc -l")).orElse("");
  }
}
