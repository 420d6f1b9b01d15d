package dev.nearside.proxy.tier.redis;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Estimates how many keys the upstream remembers for one connection, to keep that below a limit:
 * each costs it memory until the key changes. Written by the connection's thread alone; asked by
 * any.
 *
 * <p>A bitmap of at least four bits for each key allowed. The bit of a key's hash is set when a
 * tracked read of it was answered and cleared by its push, which is the order in which the upstream
 * remembers and forgets. The number of keys follows from the number of bits by linear counting
 * (Whang et al. 1990), whose error is below a thousandth for the default limit. A push clears the
 * bit for all keys that share it, until they are read again: near the limit the estimate may be up
 * to an eighth too low, never too high.
 */
final class TrackedKeys {
  private static final int BITS_PER_KEY = 4;
  private static final int WORD_SHIFT = 6;

  private final AtomicLongArray words;
  private final int mask;
  private final int mostSet;
  private volatile int set;

  /**
   * Creates an estimate of zero.
   *
   * @param max the most keys that are admitted, at least 1
   */
  TrackedKeys(int max) {
    int bits = Math.max(Long.SIZE, Integer.highestOneBit(BITS_PER_KEY * max - 1) << 1);
    words = new AtomicLongArray(bits >>> WORD_SHIFT);
    mask = bits - 1;
    mostSet = (int) Math.ceil(-bits * Math.expm1(-(double) max / bits));
  }

  /** Returns whether one more read of a key with this hash keeps within the limit. */
  boolean admits(int keyHash) {
    return set < mostSet || isSet(keyHash & mask);
  }

  /** A tracked read of the key was answered. */
  void remembered(int keyHash) {
    int bit = keyHash & mask;
    if (!isSet(bit)) {
      int word = bit >>> WORD_SHIFT;
      words.setOpaque(word, words.getOpaque(word) | 1L << bit);
      setCount(set + 1);
    }
  }

  /** The upstream has pushed the key. */
  void forgotten(int keyHash) {
    int bit = keyHash & mask;
    if (isSet(bit)) {
      int word = bit >>> WORD_SHIFT;
      words.setOpaque(word, words.getOpaque(word) & ~(1L << bit));
      setCount(set - 1);
    }
  }

  /** The upstream has pushed everything. */
  void forgottenAll() {
    for (int word = 0; word < words.length(); word++) {
      words.setOpaque(word, 0);
    }
    setCount(0);
  }

  /** Returns the estimate. */
  long estimate() {
    double bits = mask + 1.0;
    return Math.round(-bits * Math.log1p(-Math.min(set, mask) / bits));
  }

  private boolean isSet(int bit) {
    return (words.getOpaque(bit >>> WORD_SHIFT) & 1L << bit) != 0;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private void setCount(int count) {
    set = count;
  }
}
