package dev.nearside.proxy.write;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** How long who was too slow waits before the next try. */
final class Conflicts {
  /** As many tries are made without a pause. */
  static final int AT_ONCE = 2;

  private static final int MOST_DOUBLINGS = 5;

  private Conflicts() {}

  /** Returns the pause before a try: none at first, later some milliseconds, half of it chance. */
  static long pauseNs(int round) {
    if (round <= AT_ONCE) {
      return 0;
    }
    long mostUs = 500L << Math.min(round - AT_ONCE, MOST_DOUBLINGS);
    return TimeUnit.MICROSECONDS.toNanos(
        ThreadLocalRandom.current().nextLong(mostUs / 2, mostUs + 1));
  }
}
