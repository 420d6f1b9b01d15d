package dev.nearside.proxy.server;

import dev.nearside.proxy.tier.local.LookupKey;
import java.util.HashSet;
import java.util.Set;

/**
 * Those writes of one client that others of it may follow before they are answered: each of a key
 * of its own, so that none can be made in the place of a later one. Confined to the connection's
 * event loop.
 */
final class WritesUnderWay {
  private static final int MOST = 512;
  private static final int MOST_BYTES = 1024 * 1024;

  private final Set<LookupKey> keys = new HashSet<>();
  private int bytes;

  boolean isEmpty() {
    return keys.isEmpty();
  }

  int count() {
    return keys.size();
  }

  /** Returns whether a write of {@code key}, of {@code length} bytes, need not wait for them. */
  boolean admits(LookupKey key, int length) {
    boolean fits = keys.size() < MOST && bytes + length <= MOST_BYTES;
    return (keys.isEmpty() || fits) && !keys.contains(key);
  }

  void begun(LookupKey key, int length) {
    keys.add(key);
    bytes += length;
  }

  void ended(LookupKey key, int length) {
    keys.remove(key);
    bytes -= length;
  }
}
