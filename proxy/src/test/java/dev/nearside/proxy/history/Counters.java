package dev.nearside.proxy.history;

import java.util.List;

/**
 * What sidecars say of themselves, to show that a run meant something.
 *
 * @param reads GET and MGET received
 * @param localReads those that L1 answered
 * @param pushes entries that a push took away
 * @param barriers pings that reads or replies waited for
 * @param published flights whose value entered L1
 * @param killed flights whose value did not
 */
record Counters(
    long reads, long localReads, long pushes, long barriers, long published, long killed) {
  static final Counters NONE = new Counters(0, 0, 0, 0, 0, 0);

  /** Reads them from a scrape. */
  static Counters of(String scrape) {
    List<String> lines = scrape.lines().filter(line -> line.startsWith("nearside_")).toList();
    return new Counters(
        reads(lines, ""),
        reads(lines, "way=\"local\""),
        sum(lines, "nearside_invalidations_total{cause=\"push\""),
        sum(lines, "nearside_barriers_total"),
        sum(lines, "nearside_fills_total{result=\"published\""),
        sum(lines, "nearside_fills_total{result=\"killed\""));
  }

  private static long reads(List<String> lines, String way) {
    return sum(
        lines.stream()
            .filter(line -> line.contains("\"get\"") || line.contains("\"mget\""))
            .filter(line -> line.contains(way))
            .toList(),
        "nearside_requests_total{");
  }

  private static long sum(List<String> lines, String start) {
    return (long)
        lines.stream()
            .filter(line -> line.startsWith(start))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
  }

  Counters plus(Counters other) {
    return new Counters(
        reads + other.reads,
        localReads + other.localReads,
        pushes + other.pushes,
        barriers + other.barriers,
        published + other.published,
        killed + other.killed);
  }

  Counters minus(Counters other) {
    return plus(
        new Counters(
            -other.reads,
            -other.localReads,
            -other.pushes,
            -other.barriers,
            -other.published,
            -other.killed));
  }

  /** Returns how many of the reads L1 answered, from 0 to 1. */
  double localShare() {
    return reads == 0 ? 0 : (double) localReads / reads;
  }
}
