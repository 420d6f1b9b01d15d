package dev.nearside.proxy.server;

import dev.nearside.proxy.tier.ReadRetries;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The reads of one client that were not answered and wait to be sent once more, in the order in
 * which they were sent first. While there are any, nothing else of the client goes upstream.
 * Confined to the client's event loop.
 */
final class Retries {
  /** A read that is to be sent once more. */
  interface Read {
    /** Sends it now, or ends it where its client is gone. */
    void again();
  }

  /** Says when a read is sent again; see {@link ReadRetries#waitBefore}. */
  @FunctionalInterface
  interface Times {
    @Nullable Duration waitBefore(int attempt, long elapsedNs);
  }

  private final Times times;
  private final BooleanSupplier wanted;
  private final BiConsumer<Runnable, Duration> timer;
  private final List<Read> waiting = new ArrayList<>(0);

  /**
   * Creates it, with none waiting.
   *
   * @param times says how often and when
   * @param wanted whether the client is still there
   * @param timer runs something on the client's event loop after a while
   */
  Retries(Times times, BooleanSupplier wanted, BiConsumer<Runnable, Duration> timer) {
    this.times = times;
    this.wanted = wanted;
    this.timer = timer;
  }

  /** Returns whether there are any. */
  boolean arePending() {
    return !waiting.isEmpty();
  }

  /**
   * Has {@code read} sent again a little later, if there is time; returns whether there is.
   *
   * @param attempt 1 for the first after its first sending
   * @param startedNs when the client asked
   */
  boolean later(Read read, int attempt, long startedNs) {
    Duration wait = times.waitBefore(attempt, System.nanoTime() - startedNs);
    return wait != null && later(read, wait);
  }

  /** Has {@code read} sent again after {@code wait}; returns whether anybody still wants it. */
  boolean later(Read read, Duration wait) {
    if (!wanted.getAsBoolean()) {
      return false;
    }
    if (waiting.isEmpty()) {
      timer.accept(this::again, wait);
    }
    waiting.add(read);
    return true;
  }

  /** Whoever stands behind one that could not be sent waits with it: it may not overtake. */
  private void again() {
    List<Read> due = List.copyOf(waiting);
    waiting.clear();
    for (Read read : due) {
      if (waiting.isEmpty()) {
        read.again();
      } else {
        waiting.add(read);
      }
    }
  }
}
