package dev.nearside.benchmarks.outbox;

import java.util.ArrayList;
import java.util.List;

/** What must not be, and was. Confined to one thread. */
final class Violations {
  private static final int MOST_SHOWN = 50;

  private final List<String> shown = new ArrayList<>();
  private int round;
  private long count;

  /** Those added from now on were found behind this round. */
  void in(int round) {
    this.round = round;
  }

  void add(WrittenKey key, String what, String history) {
    add("%s: %s (%s)".formatted(key.name(), what, history));
  }

  void add(String what) {
    count++;
    if (shown.size() < MOST_SHOWN) {
      shown.add("violation behind round " + round + ": " + what);
    }
  }

  long count() {
    return count;
  }

  /** Returns the first of them. */
  List<String> shown() {
    return List.copyOf(shown);
  }
}
