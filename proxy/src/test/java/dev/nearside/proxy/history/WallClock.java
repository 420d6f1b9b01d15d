package dev.nearside.proxy.history;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** The clock by which keys end at a moment, beside the one by which histories are timed. */
final class WallClock {
  @SuppressWarnings("TimeInStaticInitializer") // how far apart they are is what is wanted
  private static final long EPOCH_NS =
      System.nanoTime() - Duration.between(Instant.EPOCH, Instant.now()).toNanos();

  private WallClock() {}

  /** Returns the moment that is so many milliseconds from now, in ms since the epoch. */
  static long inMillis(long millis) {
    return unixMillis(System.nanoTime()) + millis;
  }

  /** Returns the moment that {@link System#nanoTime} calls so, in ms since the epoch. */
  static long unixMillis(long monotonicNs) {
    return TimeUnit.NANOSECONDS.toMillis(monotonicNs - EPOCH_NS);
  }

  /** Returns {@code unixMillis} as {@link System#nanoTime} counts. */
  static long monotonicNs(long unixMillis) {
    return EPOCH_NS + TimeUnit.MILLISECONDS.toNanos(unixMillis);
  }
}
