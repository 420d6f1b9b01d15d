package dev.nearside.proxy.tier;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * The namespaces of which Redis has had nothing lately, by their numbers. It is learnt anew in each
 * generation: another node may have what one did not, and a user who may no longer read must not be
 * answered by what was learnt while he might. Thread-safe, approximate.
 */
final class ColdNamespaces {
  /** After so many misses in a row a namespace is cold. */
  static final int COLD = 32;

  private final AtomicIntegerArray missesInARow;
  private volatile int generation;

  /** Creates one that knows nothing of {@code size} namespaces. */
  ColdNamespaces(int size) {
    missesInARow = new AtomicIntegerArray(size);
  }

  /** Redis was asked, in {@code now}, for a key that nobody had asked for lately. */
  void asked(int number, boolean hit, int now) {
    if (generation != now) {
      for (int i = 0; i < missesInARow.length(); i++) {
        missesInARow.set(i, 0);
      }
      generation = now;
    }
    int before = missesInARow.getOpaque(number);
    int after = hit ? 0 : Math.min(before + 1, COLD);
    if (after != before) {
      missesInARow.setOpaque(number, after); // one that is lost changes little
    }
  }

  /** Redis would not say, or not in time, whether it had a key. */
  void unclear(int number) {
    missesInARow.setOpaque(number, 0);
  }

  /** Returns whether Redis had none of the last keys, in the generation {@code now}. */
  boolean isCold(int number, int now) {
    return generation == now && missesInARow.getOpaque(number) == COLD;
  }
}
