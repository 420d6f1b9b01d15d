package dev.nearside.proxy.tier.redis;

import java.util.concurrent.TimeUnit;

/**
 * How far away the upstream is: the least time between a command and its answer within the last
 * minute or two, since all but the least have waited for something else. Told on one thread, asked
 * from any.
 */
final class RoundTrip {
  private static final long SPAN_NS = TimeUnit.MINUTES.toNanos(1);

  private long beganNs;
  private long leastNs = Long.MAX_VALUE;
  private long leastBeforeNs = Long.MAX_VALUE;
  private volatile long knownNs;

  /** A command took {@code tookNs}; it is now {@code nowNs}. */
  void took(long tookNs, long nowNs) {
    if (leastNs == Long.MAX_VALUE) {
      beganNs = nowNs;
    } else if (nowNs - beganNs > SPAN_NS) {
      beganNs = nowNs;
      leastBeforeNs = leastNs;
      leastNs = Long.MAX_VALUE;
    }
    leastNs = Math.min(leastNs, tookNs);
    knownNs = Math.min(leastNs, leastBeforeNs);
  }

  /** Returns it in nanoseconds; 0 while nothing is known. */
  long leastNs() {
    return knownNs;
  }
}
