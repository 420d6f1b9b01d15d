package dev.nearside.proxy.tier.redis;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When one of the sidecar's own connections has to say something, and when its silence means that
 * it is gone. It knows of each command that is sent and answered, in the order of sending; the
 * owner looks after the connection in ticks and sends what is due. Thread-safe.
 */
final class Heartbeat {
  private static final Logger log = LoggerFactory.getLogger(Heartbeat.class);
  private static final int LATE = 2;

  private final ScheduledExecutorService scheduler;
  private final long intervalNs;
  private final long answerTimeoutNs;
  private final AtomicInteger unanswered = new AtomicInteger();
  private volatile long waitingSinceNs;
  private volatile long lastSentNs = System.nanoTime();

  /**
   * Creates the heartbeat of a connection that has just been made.
   *
   * @param scheduler runs the ticks; stays the caller's
   * @param interval the longest silence before a PING
   * @param answerTimeout how long anything may be unanswered before the connection is given up
   */
  Heartbeat(ScheduledExecutorService scheduler, Duration interval, Duration answerTimeout) {
    this.scheduler = scheduler;
    this.intervalNs = interval.toNanos();
    this.answerTimeoutNs = answerTimeout.toNanos();
  }

  /** A command is about to be sent. */
  void sending(long nowNs) {
    lastSentNs = nowNs;
    if (unanswered.get() == 0) {
      waitingSinceNs = nowNs; // before it counts: a look in between would take it for long ago
    }
    unanswered.incrementAndGet();
  }

  /** The oldest unanswered command was answered, be it with an error. */
  void received() {
    unanswered.decrementAndGet();
    waitingSinceNs = System.nanoTime();
  }

  /** Returns why the connection is to be given up, or null. */
  @Nullable String silence(long nowNs) {
    return unanswered.get() > 0 && nowNs - waitingSinceNs > answerTimeoutNs
        ? "unanswered for " + TimeUnit.NANOSECONDS.toMillis(answerTimeoutNs) + " ms"
        : null;
  }

  /** Returns whether an answer has been owed for longer than some heartbeats take. */
  boolean isLate(long nowNs) {
    return unanswered.get() > 0 && nowNs - waitingSinceNs > LATE * intervalNs;
  }

  /** Returns whether nothing was sent for so long that a PING is due. */
  boolean isDue(long nowNs) {
    return nowNs - lastSentNs >= intervalNs;
  }

  /** Runs {@code tick} once, after a half to three quarters of the interval. */
  void next(Runnable tick) {
    long jitterNs = ThreadLocalRandom.current().nextLong(intervalNs / 4 + 1);
    try {
      scheduler.schedule(tick, intervalNs / 2 + jitterNs, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("no more heartbeats: stopping");
    }
  }
}
