package dev.nearside.proxy.tier;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long flights take, by namespace: a moving average. Thread-safe, lock-free; a measurement that
 * another overtakes is lost.
 */
final class FlightTimes {
  private static final int WEIGHT = 8;

  private final AtomicLongArray averagesNs;
  private volatile long longestNs;

  /**
   * Creates the averages, all zero.
   *
   * @param namespaces how many there are
   */
  FlightTimes(int namespaces) {
    averagesNs = new AtomicLongArray(namespaces);
  }

  /** A flight of a key in {@code namespace} took so long. */
  void took(int namespace, long ns) {
    long before = averagesNs.getAcquire(namespace);
    averagesNs.setRelease(namespace, before == 0 ? ns : before + (ns - before) / WEIGHT);
    long longest = 0;
    for (int i = 0; i < averagesNs.length(); i++) {
      longest = Math.max(longest, averagesNs.getAcquire(i));
    }
    longestNs = longest;
  }

  /** Returns the average of {@code namespace}. */
  long averageNs(int namespace) {
    return averagesNs.getAcquire(namespace);
  }

  /** Returns the longest average of all. */
  long longestNs() {
    return longestNs;
  }
}
