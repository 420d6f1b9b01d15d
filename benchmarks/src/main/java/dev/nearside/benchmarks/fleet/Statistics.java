package dev.nearside.benchmarks.fleet;

import dev.nearside.benchmarks.servers.CpuTime;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;

/**
 * What a Redis says about itself at one moment.
 *
 * @param atNs when, on {@link System#nanoTime()}'s scale
 * @param cpuSeconds of its process so far
 * @param usedBytes its {@code used_memory}
 * @param trackedKeys keys that at least one connection tracks
 * @param trackedPairs pairs of a key and a connection that tracks it
 * @param commands executed so far
 * @param setCalls of those, the SETs
 * @param setUs what their execution took, pushes made but not yet sent included
 */
record Statistics(
    long atNs,
    double cpuSeconds,
    long usedBytes,
    long trackedKeys,
    long trackedPairs,
    long commands,
    long setCalls,
    long setUs) {
  static Statistics of(EmbeddedRedis redis) throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      String all = connection.call("INFO", "everything");
      return new Statistics(
          System.nanoTime(),
          CpuTime.seconds(redis.pid()),
          number(all, "used_memory:"),
          number(all, "tracking_total_keys:"),
          number(all, "tracking_total_items:"),
          number(all, "total_commands_processed:"),
          number(all, "cmdstat_set:calls="),
          number(all.substring(Math.max(0, all.indexOf("cmdstat_set:"))), "cmdstat_set:", "usec="));
    }
  }

  /** Returns the number behind this text, or 0 where the text is not there. */
  private static long number(String all, String before) {
    int at = all.indexOf(before);
    if (at < 0) {
      return 0;
    }
    int from = at + before.length();
    int to = from;
    while (to < all.length() && Character.isDigit(all.charAt(to))) {
      to++;
    }
    return Long.parseLong(all.substring(from, to));
  }

  private static long number(String all, String line, String before) {
    return all.startsWith(line) ? number(all, before) : 0;
  }

  double secondsSince(Statistics before) {
    return (atNs - before.atNs) / 1e9;
  }

  /** Returns which share of one core it has used since. */
  double cpuShareSince(Statistics before) {
    return (cpuSeconds - before.cpuSeconds) / secondsSince(before);
  }

  /** Returns what a SET took since, in microseconds. */
  double setUsSince(Statistics before) {
    return setCalls == before.setCalls
        ? 0
        : (double) (setUs - before.setUs) / (setCalls - before.setCalls);
  }
}
