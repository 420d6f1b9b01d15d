package dev.nearside.benchmarks.coherence;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waiting for something that says nothing by itself. */
public final class Poll {
  private static final long STEP_NS = 500_000;

  private Poll() {}

  /** What is waited for. */
  @FunctionalInterface
  public interface Condition {
    /** Returns whether it holds; a failure means that it does not yet. */
    boolean holds() throws IOException, InterruptedException;
  }

  /**
   * Asks until it holds, and returns how many milliseconds that took.
   *
   * @throws IOException if it does not hold in time
   */
  public static double until(String what, Duration limit, Condition condition)
      throws IOException, InterruptedException {
    long beganNs = System.nanoTime();
    IOException last = new IOException("it did not become so");
    while (System.nanoTime() - beganNs < limit.toNanos()) {
      try {
        if (condition.holds()) {
          return (System.nanoTime() - beganNs) / 1e6;
        }
      } catch (IOException e) {
        last = e;
      }
      LockSupport.parkNanos(STEP_NS);
    }
    throw new IOException("waited in vain until " + what + ": " + last.getMessage(), last);
  }

  /** Waits so long. */
  public static void pause(Duration time) {
    long untilNs = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos(); left > 0; left = untilNs - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
