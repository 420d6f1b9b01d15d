package dev.nearside.proxy.tier;

import dev.nearside.proxy.guard.Backoff;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * When a read that the upstream did not answer is sent once more: after a wait that grows, with
 * jitter, until its deadline. Only reads: of a write nobody knows whether it was executed.
 * Thread-safe.
 */
public final class ReadRetries {
  private final Backoff backoff = new Backoff();
  private final Duration deadline;
  private final LongAdder retried;

  /**
   * Creates the rule.
   *
   * @param deadline counted from the request; zero never tries again
   * @param retried counts the attempts after the first
   */
  ReadRetries(Duration deadline, LongAdder retried) {
    this.deadline = deadline;
    this.retried = retried;
  }

  /** Returns whether anything is ever tried again. */
  public boolean isOn() {
    return !deadline.isZero();
  }

  /**
   * Returns how long to wait before the next attempt, and counts it; null where no time is left.
   *
   * @param attempt 1 for the first that follows a failure
   * @param elapsedNs time since the request
   */
  public @Nullable Duration waitBefore(int attempt, long elapsedNs) {
    if (elapsedNs >= deadline.toNanos()) {
      return null;
    }
    Duration wait = backoff.before(attempt);
    if (wait.toNanos() + elapsedNs > deadline.toNanos()) {
      return null;
    }
    retried.increment();
    return wait;
  }
}
