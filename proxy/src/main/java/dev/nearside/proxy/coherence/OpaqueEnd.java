package dev.nearside.proxy.coherence;

import java.util.concurrent.atomic.AtomicLong;

/**
 * When the last command ended that may have changed, or shown, keys that nobody can name. What was
 * true only before that is not for those who saw its reply. Thread-safe.
 */
final class OpaqueEnd {
  private final AtomicLong lastNs = new AtomicLong();
  private volatile boolean ever;

  /** One ended at {@code nowNs}; a later one may have been told of before. */
  void at(long nowNs) {
    lastNs.accumulateAndGet(nowNs, (before, now) -> !ever || now - before > 0 ? now : before);
    ever = true;
  }

  /** Returns whether one ended at {@code momentNs} or later. */
  boolean isSince(long momentNs) {
    return ever && lastNs.get() - momentNs >= 0;
  }

  /** Returns whether one ended later than {@code momentNs}. */
  boolean isAfter(long momentNs) {
    return ever && lastNs.get() - momentNs > 0;
  }
}
