package dev.nearside.agent.pressure;

import dev.nearside.agent.Level;
import java.util.concurrent.TimeUnit;

/**
 * How long a resource must stay under the exit of its level before it goes down one.
 *
 * <p>5, 10 and 15 seconds. More than six changes within a minute is flapping: each time that is
 * seen the dwell doubles, to 120 seconds at most, until the resource was NORMAL for two minutes.
 * Confined to the agent's thread.
 */
final class Dwell {
  private static final long MINUTE_NS = TimeUnit.SECONDS.toNanos(60);
  private static final long CALM_NS = TimeUnit.SECONDS.toNanos(120);
  private static final long MOST_NS = TimeUnit.SECONDS.toNanos(120);
  private static final int CHANGES_A_MINUTE = 6;

  private final long[] changesNs = new long[CHANGES_A_MINUTE + 1];
  private int changes;
  private int doublings;

  /** Returns the dwell of a level. */
  long ofNs(Level level) {
    long seconds =
        switch (level) {
          case NORMAL -> 0;
          case ELEVATED -> 5;
          case HIGH -> 10;
          case CRITICAL -> 15;
        };
    return Math.min(MOST_NS, TimeUnit.SECONDS.toNanos(seconds) << doublings);
  }

  /** Takes note of a change of level. */
  void changed(long nowNs) {
    changesNs[changes++ % changesNs.length] = nowNs;
    boolean full = changes >= changesNs.length;
    if (full && nowNs - changesNs[changes % changesNs.length] <= MINUTE_NS) {
      doublings = Math.min(doublings + 1, 5);
      changes = 0;
    }
  }

  /** Takes note that the resource has been NORMAL for so long. */
  void calm(long forNs) {
    if (forNs >= CALM_NS) {
      doublings = 0;
      changes = 0;
    }
  }
}
