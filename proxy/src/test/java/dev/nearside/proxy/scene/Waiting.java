package dev.nearside.proxy.scene;

import java.util.concurrent.locks.LockSupport;

/** Waits for what another process or thread is about to do. */
public final class Waiting {
  private static final long PATIENCE_NS = 40_000_000_000L;
  private static final long LEAST_STEP_NS = 2_000_000;
  private static final long LONGEST_STEP_NS = 10_000_000;

  /** Something that can be asked again and again. */
  @FunctionalInterface
  public interface Condition {
    /** Returns whether it is so by now; an assertion that fails in it says that it is not. */
    boolean holds() throws Exception;
  }

  private Waiting() {}

  /** Returns as soon as {@code condition} holds; fails when it never does. */
  public static void until(String what, Condition condition) {
    long beganNs = System.nanoTime();
    Throwable last = null;
    for (long waitedNs = 0; waitedNs < PATIENCE_NS; waitedNs = System.nanoTime() - beganNs) {
      try {
        if (condition.holds()) {
          return;
        }
        last = null;
      } catch (Exception | AssertionError e) { // the thing waited for may not be there yet
        last = e;
      }
      LockSupport.parkNanos(Math.clamp(waitedNs / 20, LEAST_STEP_NS, LONGEST_STEP_NS));
    }
    throw new AssertionError("waited in vain until " + what, last);
  }
}
