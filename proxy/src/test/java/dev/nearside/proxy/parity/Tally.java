package dev.nearside.proxy.parity;

import java.util.EnumMap;
import java.util.Map;

/** Counts what was sent and received, of each side the same. For one thread. */
final class Tally {
  private long turns;
  private long commands;
  private long replies;
  private long pieces;
  private long told;
  private long heard;
  private final Map<ClusterDifference, Long> differences = new EnumMap<>(ClusterDifference.class);

  void add(Turn turn) {
    turns++;
    commands += turn.requests();
  }

  void add(Verdict verdict) {
    ClusterDifference difference = verdict.difference();
    if (difference != null) {
      differences.merge(difference, 1L, Long::sum);
    }
  }

  void add(Heard messages) {
    told += messages.ofDirect();
    heard += messages.ofThrough();
  }

  void replies(int count) {
    replies += count;
  }

  void pieces(int count) {
    pieces += count;
  }

  long turns() {
    return turns;
  }

  long commands() {
    return commands;
  }

  long replies() {
    return replies;
  }

  /** Returns how often each difference was foretold. */
  Map<ClusterDifference, Long> differences() {
    return differences;
  }

  /** Returns how many messages the direct server told to clients that are gone. */
  long told() {
    return told;
  }

  /** Returns how many of those came through the sidecar. */
  long heard() {
    return heard;
  }

  /** Returns into how many pieces all was cut. */
  long pieces() {
    return pieces;
  }
}
