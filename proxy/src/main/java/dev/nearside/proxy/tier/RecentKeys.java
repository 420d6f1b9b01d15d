package dev.nearside.proxy.tier;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Remembers, approximately and for about a window, which keys were marked. Thread-safe, fixed size.
 *
 * <p>One slot a hash: a later key may displace an earlier one (which is then forgotten early), and
 * two keys of one hash are one. Both errors only make a key be filled a request later or sooner.
 */
final class RecentKeys {
  private static final int SLOTS = 1 << 15;

  private final AtomicIntegerArray slots = new AtomicIntegerArray(SLOTS);
  private final long halfWindowNs;

  /** Creates an empty memory; a mark is remembered between half of {@code window} and all of it. */
  RecentKeys(Duration window) {
    this.halfWindowNs = Math.max(1, window.toNanos() / 2);
  }

  /** Marks the key with this hash. */
  void mark(int keyHash, long nowNs) {
    slots.setRelease(slot(keyHash), tag(keyHash, nowNs / halfWindowNs));
  }

  /** Returns whether the key with this hash was marked recently. */
  boolean contains(int keyHash, long nowNs) {
    int there = slots.getAcquire(slot(keyHash));
    long period = nowNs / halfWindowNs;
    return there == tag(keyHash, period) || there == tag(keyHash, period - 1);
  }

  private static int slot(int keyHash) {
    return (keyHash * 0x9E3779B9) >>> 17;
  }

  /** Never 0, which is an empty slot. */
  private static int tag(int keyHash, long period) {
    return (keyHash ^ (int) (period * 0x85EBCA6BL)) | 1;
  }
}
