package dev.nearside.proxy.tier.redis;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Notices when monotonic time and the wall clock move apart: the one has stopped, as it may while a
 * virtual machine is suspended, or the other has stepped. Everything said about staleness and
 * expiry is said in monotonic time, and does not hold then. Thread-safe.
 *
 * <p>Only what happened between two looks counts, so that a wall clock which is being slewed (at
 * most 0.05 %) is never noticed, however long it goes on.
 */
final class ClockWatch {
  private static final int SHARE_OF_STALENESS = 10;
  private static final long LEAST_BOUND_NS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Clocks clocks;
  private final ReentrantLock looking = new ReentrantLock();
  private final long boundNs;
  private volatile boolean moved;
  private long monotonicNs;
  private long wallMs;

  /** How long the last look took: the clocks are read one after the other. */
  private long blurNs;

  /**
   * Begins to watch.
   *
   * @param maxStaleness a stop that goes unnoticed adds to it, so at most a tenth of it may
   */
  ClockWatch(Clocks clocks, Duration maxStaleness) {
    this.clocks = clocks;
    this.boundNs = Math.max(maxStaleness.toNanos() / SHARE_OF_STALENESS, LEAST_BOUND_NS);
    look();
  }

  /** Returns whether any look, this one included, has found that they moved apart. */
  boolean everMovedApart() {
    return movedApartMs() != 0 || moved;
  }

  /** Returns how far the clocks moved apart since the last call, in ms, or 0 if within bounds. */
  long movedApartMs() {
    looking.lock();
    try {
      long apartMs = lookAgain();
      if (apartMs != 0) {
        moved = true;
      }
      return apartMs;
    } finally {
      looking.unlock();
    }
  }

  private long lookAgain() {
    long monotonicBefore = monotonicNs;
    long wallBefore = wallMs;
    long blurBefore = blurNs;
    look();
    long apartNs =
        TimeUnit.MILLISECONDS.toNanos(wallMs - wallBefore) - (monotonicNs - monotonicBefore);
    return Math.abs(apartNs) - blurBefore - blurNs > boundNs
        ? TimeUnit.NANOSECONDS.toMillis(apartNs)
        : 0;
  }

  private void look() {
    monotonicNs = clocks.monotonicNs().getAsLong();
    wallMs = clocks.wallMs().getAsLong();
    blurNs = clocks.monotonicNs().getAsLong() - monotonicNs;
  }
}
