package dev.nearside.agent.pressure;

import dev.nearside.agent.Level;
import java.util.concurrent.TimeUnit;

/**
 * Says that a resource is stuck: HIGH or worse for ten minutes while its score never fell by a
 * tenth. Confined to the agent's thread.
 */
final class StuckWatch {
  private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(10);
  private static final double FALL = 0.1;

  private boolean watching;
  private long sinceNs;
  private double highest;

  /** Returns whether the resource is stuck, given its level and score at this moment. */
  boolean stuck(Level level, double score, long nowNs) {
    if (!level.atLeast(Level.HIGH)) {
      watching = false;
      return false;
    }
    if (!watching || score < highest - FALL) {
      watching = true;
      sinceNs = nowNs;
      highest = score;
    }
    highest = Math.max(highest, score);
    return nowNs - sinceNs >= PATIENCE_NS;
  }
}
