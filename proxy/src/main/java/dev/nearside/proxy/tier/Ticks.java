package dev.nearside.proxy.tier;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at everything that is under way every few milliseconds, for as long as anything is: one
 * timer for many deadlines, where a timer for each would cost more than what it guards.
 * Thread-safe, never blocks.
 *
 * <p>A deadline is kept to a tick. What has ended is let go at the next tick.
 */
public final class Ticks {
  /** How far apart ticks usually are. */
  private static final long PERIOD_NS = 10_000_000;

  /** What is under way. */
  @FunctionalInterface
  public interface Ticked {
    /** Does what is due at {@code nowNs}, without blocking; returns whether to be asked again. */
    boolean tick(long nowNs);
  }

  private static final Logger log = LoggerFactory.getLogger(Ticks.class);

  private final Timer timer;
  private final Queue<Ticked> underWay = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean ticking = new AtomicBoolean();

  /** Creates one that has nothing to do; {@code timer} runs its ticks. */
  public Ticks(Timer timer) {
    this.timer = timer;
  }

  /** Has {@code one} asked from now on, until it says that it has ended. */
  public void add(Ticked one) {
    underWay.add(one);
    goOn();
  }

  /** Whoever adds looks here after it, and so does whoever has stopped. */
  private void goOn() {
    if (!underWay.isEmpty() && ticking.compareAndSet(false, true)) {
      var _ = timer.schedule(this::tick, PERIOD_NS);
    }
  }

  private void tick() {
    try {
      long nowNs = System.nanoTime();
      underWay.removeIf(one -> !goesOn(one, nowNs));
    } finally {
      ticking.set(false);
      goOn();
    }
  }

  private static boolean goesOn(Ticked one, long nowNs) {
    try {
      return one.tick(nowNs);
    } catch (RuntimeException fault) { // ours; the others must have their ticks
      log.error("a fault of ours at a deadline", fault);
      return false;
    }
  }
}
