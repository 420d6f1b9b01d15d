package dev.nearside.proxy.server;

/**
 * How often each of some hashes was added: a multiset of ints by open addressing with linear
 * probing. Allocates only to grow, and gives most of that back when it is empty. Confined to one
 * thread.
 */
final class HashCounts {
  private static final int FEW = 8;
  private static final int KEPT = 256;

  private int[] hashes = new int[0];
  private int[] counts = new int[0];
  private int used;

  boolean isEmpty() {
    return used == 0;
  }

  /** Returns how many different hashes there are. */
  int size() {
    return used;
  }

  boolean contains(int hash) {
    return used > 0 && counts[slot(hash)] > 0;
  }

  void add(int hash) {
    if (2 * (used + 1) > hashes.length) {
      grow();
    }
    int slot = slot(hash);
    if (counts[slot]++ == 0) {
      hashes[slot] = hash;
      used++;
    }
  }

  /** Takes one {@code hash} away, if there is one. */
  void remove(int hash) {
    if (!contains(hash)) {
      return;
    }
    int slot = slot(hash);
    if (--counts[slot] > 0) {
      return;
    }
    used--;
    if (used == 0 && hashes.length > KEPT) {
      hashes = new int[0];
      counts = new int[0];
    } else {
      close(slot);
    }
  }

  /**
   * Moves into the gap at {@code gap} what had to step over it, so that probing never stops early.
   */
  private void close(int gap) {
    int mask = hashes.length - 1;
    int free = gap;
    for (int i = (gap + 1) & mask; counts[i] > 0; i = (i + 1) & mask) {
      int fromHome = (i - home(hashes[i])) & mask;
      if (fromHome >= ((i - free) & mask)) {
        hashes[free] = hashes[i];
        counts[free] = counts[i];
        counts[i] = 0;
        free = i;
      }
    }
  }

  /** Returns where {@code hash} is, or else where it would be. */
  private int slot(int hash) {
    int mask = hashes.length - 1;
    int slot = home(hash);
    while (counts[slot] > 0 && hashes[slot] != hash) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private int home(int hash) {
    return (hash * 0x9E3779B9) >>> Integer.numberOfLeadingZeros(hashes.length - 1);
  }

  private void grow() {
    int[] oldHashes = hashes;
    int[] oldCounts = counts;
    hashes = new int[Math.max(FEW, 2 * oldHashes.length)];
    counts = new int[hashes.length];
    for (int i = 0; i < oldHashes.length; i++) {
      if (oldCounts[i] > 0) {
        int slot = slot(oldHashes[i]);
        hashes[slot] = oldHashes[i];
        counts[slot] = oldCounts[i];
      }
    }
  }
}
