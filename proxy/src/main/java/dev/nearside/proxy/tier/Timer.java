package dev.nearside.proxy.tier;

import java.util.concurrent.Future;

/** Runs tasks later. Thread-safe. */
@FunctionalInterface
public interface Timer {
  /** Runs {@code task}, which must not block, after {@code delayNs}, unless it is cancelled. */
  Future<?> schedule(Runnable task, long delayNs);
}
