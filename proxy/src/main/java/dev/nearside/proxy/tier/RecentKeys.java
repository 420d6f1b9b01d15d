package dev.nearside.proxy.tier;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Remembers, approximately and for about a window, which keys were marked. Thread-safe, fixed size.
 *
 * <p>Four slots a hash: a later key may displace an earlier one (which is then forgotten early),
 * and two keys of one hash are one. Both errors only make a key be filled a request later or
 * sooner. Which one is displaced changes with time: keys that are asked for in the same order again
 * and again do not displace each other for ever.
 */
final class RecentKeys {
  private static final int LEAST_BITS = 15;
  private static final int MOST_BITS = 22;
  private static final int WAYS = 4;
  private static final int WAY_SHIFT = 8;

  private final int bits;
  private final AtomicIntegerArray slots;
  private final long halfWindowNs;

  /**
   * Creates an empty memory; a mark is remembered between half of {@code window} and all of it.
   *
   * @param keys about how many keys it is for; 32 768 at least, 4 million at most
   */
  RecentKeys(Duration window, long keys) {
    this.bits =
        Math.clamp(64 - Long.numberOfLeadingZeros(Math.max(1, keys) - 1), LEAST_BITS, MOST_BITS);
    this.slots = new AtomicIntegerArray(1 << bits);
    this.halfWindowNs = Math.max(1, window.toNanos() / 2);
  }

  /** Marks the key with this hash. */
  void mark(int keyHash, long nowNs) {
    int first = firstSlot(keyHash);
    long period = nowNs / halfWindowNs;
    int now = tag(keyHash, period);
    int before = tag(keyHash, period - 1);
    int way = (int) (nowNs ^ nowNs >>> WAY_SHIFT) & (WAYS - 1);
    for (int i = 0; i < WAYS; i++) {
      int there = slots.getPlain(first + i);
      if (there == 0 || there == now || there == before) {
        way = i;
        break;
      }
    }
    slots.setRelease(first + way, now);
  }

  /** Returns whether the key with this hash was marked recently. */
  boolean contains(int keyHash, long nowNs) {
    int first = firstSlot(keyHash);
    long period = nowNs / halfWindowNs;
    int now = tag(keyHash, period);
    int before = tag(keyHash, period - 1);
    for (int i = 0; i < WAYS; i++) {
      int there = slots.getAcquire(first + i);
      if (there == now || there == before) {
        return true;
      }
    }
    return false;
  }

  private int firstSlot(int keyHash) {
    return (keyHash * 0x9E3779B9) >>> (Integer.SIZE - bits) & -WAYS;
  }

  /** Never 0, which is an empty slot. */
  private static int tag(int keyHash, long period) {
    return (keyHash ^ (int) (period * 0x85EBCA6BL)) | 1;
  }
}
