package dev.nearside.proxy.history;

import java.util.Arrays;

/** A set of hashes of configurations. */
final class Configurations {
  private long[] table = new long[1024];
  private int size;

  /** Returns whether it was not there. */
  boolean add(long hash) {
    long key = hash == 0 ? 1 : hash;
    int at = find(table, key);
    if (table[at] == key) {
      return false;
    }
    table[at] = key;
    if (++size * 2 > table.length) {
      grow();
    }
    return true;
  }

  private void grow() {
    long[] old = table;
    table = new long[2 * old.length];
    Arrays.stream(old).filter(key -> key != 0).forEach(key -> table[find(table, key)] = key);
  }

  private static int find(long[] table, long key) {
    int at = (int) key & table.length - 1;
    while (table[at] != 0 && table[at] != key) {
      at = at + 1 & table.length - 1;
    }
    return at;
  }
}
