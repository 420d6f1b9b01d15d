package dev.nearside.proxy.guard;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How often connections to one place are tried while it cannot be reached. Shared by all who
 * connect there; thread-safe, never waits.
 *
 * <p>While the last try was a success everybody may try. After a failure one try is let in at a
 * time, at growing intervals of which each is drawn anew between nothing and its bound ("full
 * jitter"): many sidecars that lost the same upstream in the same instant do not come back in one.
 * The bound ends at {@link #LONGEST}, so that who comes back is found within that time.
 */
public final class ConnectPace {
  /** No interval is longer. */
  public static final Duration LONGEST = Duration.ofSeconds(1);

  private static final long FIRST_NS = Duration.ofMillis(100).toNanos();
  private static final long LONGEST_NS = LONGEST.toNanos();
  private static final long SHORTEST_NS = Duration.ofMillis(5).toNanos();
  private static final long NONE = 0;

  /** The bound of the interval under way, or {@link #NONE} while everybody may try. */
  private final AtomicLong boundNs = new AtomicLong(NONE);

  private final AtomicLong nextAtNs = new AtomicLong();

  /** Returns whether a try is let in now; who is, has to say how it went. */
  public boolean tryEnter(long nowNs) {
    long bound = boundNs.get();
    if (bound == NONE) {
      return true;
    }
    long next = nextAtNs.get();
    return nowNs - next >= 0 && nextAtNs.compareAndSet(next, nowNs + jittered(bound));
  }

  /** Returns how long it takes at least until a try is let in; 0 when one would be now. */
  public long waitNs(long nowNs) {
    return boundNs.get() == NONE ? 0 : Math.max(0, nextAtNs.get() - nowNs);
  }

  /** A try has succeeded. */
  public void succeeded() {
    boundNs.set(NONE);
  }

  /** A try has failed. */
  public void failed(long nowNs) {
    long before = boundNs.get();
    long bound = before == NONE ? FIRST_NS : Math.min(2 * before, LONGEST_NS);
    nextAtNs.set(nowNs + jittered(bound));
    boundNs.compareAndSet(before, bound);
  }

  /** Returns how long the first try after a loss waits, drawn anew each time. */
  public static long firstDelayNs() {
    return jittered(FIRST_NS);
  }

  private static long jittered(long boundNs) {
    return ThreadLocalRandom.current().nextLong(SHORTEST_NS, boundNs + 1);
  }
}
