package dev.nearside.proxy.coherence;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.LongSupplier;

/**
 * Remembers, approximately and for about a minute, which keys are invalidated again and again
 * before anybody was served from memory: to hold these costs Redis a read and a push each time, and
 * saves nothing. Thread-safe, fixed size, lock-free.
 *
 * <p>One slot a hash. A key that displaces another makes that one be forgotten; both are only
 * filled sooner than they might be.
 *
 * <pre>
 *   slot:  | hash (16 bits) | period (12 bits) | times in vain (4 bits) |
 * </pre>
 */
public final class Churn {
  private static final int SLOTS = 1 << 14;
  private static final long PERIOD_NS = 30_000_000_000L;
  private static final int MOST_IN_VAIN = 3;

  private final AtomicIntegerArray slots = new AtomicIntegerArray(SLOTS);
  private final LongSupplier ticker;

  /**
   * Creates an empty memory.
   *
   * @param ticker the time in nanoseconds
   */
  public Churn(LongSupplier ticker) {
    this.ticker = ticker;
  }

  /** Returns whether the key with this hash has been held in vain several times lately. */
  public boolean isHeldInVain(int keyHash) {
    int there = slots.get(slot(keyHash));
    return (there & 0xf) >= MOST_IN_VAIN && isRecent(there, keyHash, period());
  }

  /**
   * The key with this hash was invalidated.
   *
   * @param served whether anybody had been served from memory since it was read
   */
  void invalidated(int keyHash, boolean served) {
    int slot = slot(keyHash);
    int there = slots.get(slot);
    if (served) {
      if (tag(there) == (keyHash >>> 16)) {
        slots.compareAndSet(slot, there, 0);
      }
      return;
    }
    int period = period();
    int before = isRecent(there, keyHash, period) ? there & 0xf : 0;
    slots.compareAndSet(slot, there, entry(keyHash, period, Math.min(before + 1, 0xf)));
  }

  private static boolean isRecent(int there, int keyHash, int period) {
    int age = (period - (there >>> 4)) & 0xfff;
    return tag(there) == (keyHash >>> 16) && age <= 1;
  }

  private int period() {
    return (int) (ticker.getAsLong() / PERIOD_NS) & 0xfff;
  }

  private static int entry(int keyHash, int period, int inVain) {
    return (keyHash & 0xffff0000) | period << 4 | inVain;
  }

  private static int tag(int there) {
    return there >>> 16;
  }

  private static int slot(int keyHash) {
    return keyHash & SLOTS - 1;
  }
}
