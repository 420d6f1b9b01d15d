package dev.nearside.proxy.guard;

import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;

/** How long to wait before a read is tried again: exponential, with jitter. Thread-safe. */
public final class Backoff {
  private static final Duration FIRST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofMillis(250);
  private static final double GROWTH = 2;

  /**
   * Half of each wait is left to chance, so that those who failed together do not come together.
   */
  private static final double JITTER = 0.5;

  private final IntervalFunction intervals =
      IntervalFunction.ofExponentialRandomBackoff(FIRST, GROWTH, JITTER, LONGEST);

  /**
   * Returns the wait before an attempt.
   *
   * @param attempt 1 for the first that follows a failure
   */
  public Duration before(int attempt) {
    return Duration.ofMillis(intervals.apply(attempt));
  }
}
