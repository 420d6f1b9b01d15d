package dev.nearside.proxy.coherence;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Which keys have a write of this sidecar under way. Thread-safe, lock-free, never allocates.
 *
 * <p>A fence is up from before its write is forwarded until after its reply has arrived. Keys share
 * counters by the hash of their name, over all databases, because the upstream's pushes name no
 * database either. A stranger on the same counter is only sent upstream; it can never be served
 * wrongly.
 *
 * <p>The order matters on both sides. A writer raises, then removes what L1 holds; a reader puts
 * its flight, then looks at the fence. Both use volatile operations, so at least one sees the
 * other.
 */
public final class Fences {
  private static final int STRIPES = 1 << 14;

  private final AtomicIntegerArray stripes = new AtomicIntegerArray(STRIPES);
  private final AtomicInteger all = new AtomicInteger();
  private final AtomicIntegerArray changes = new AtomicIntegerArray(STRIPES);
  private final AtomicInteger changesOfAll = new AtomicInteger();

  /** Returns whether a write of a key with this hash, or of every key, is under way. */
  public boolean isUp(int keyHash) {
    return all.get() != 0 || stripes.get(keyHash & STRIPES - 1) != 0;
  }

  /**
   * Returns a number that is another one after a write of a key with this hash, or of every key,
   * has begun or ended. What was asked for under one number shows no write that ended under it.
   */
  public long version(int keyHash) {
    return (long) changesOfAll.get() << Integer.SIZE
        | (changes.get(keyHash & STRIPES - 1) & 0xffff_ffffL);
  }

  void raise(int keyHash) {
    stripes.incrementAndGet(keyHash & STRIPES - 1);
    changes.incrementAndGet(keyHash & STRIPES - 1);
  }

  void lower(int keyHash) {
    changes.incrementAndGet(keyHash & STRIPES - 1);
    stripes.decrementAndGet(keyHash & STRIPES - 1);
  }

  /** What was asked for of a key with this hash may be out of date. */
  void changed(int keyHash) {
    changes.incrementAndGet(keyHash & STRIPES - 1);
  }

  void raiseAll() {
    all.incrementAndGet();
    changedAll();
  }

  void lowerAll() {
    changedAll();
    all.decrementAndGet();
  }

  /** Every key may have been written. */
  void changedAll() {
    changesOfAll.incrementAndGet();
  }

  /** Returns how many writes are under way; 0 at rest. Takes time in proportion to the counters. */
  public long up() {
    long sum = all.get();
    for (int i = 0; i < STRIPES; i++) {
      sum += stripes.get(i);
    }
    return sum;
  }
}
