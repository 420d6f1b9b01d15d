package dev.nearside.proxy.tier.redis;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The rows that looks on one connection have found absent, for as long as a change of their markers
 * would be told there. Thread-safe.
 *
 * <p>A row is taken out first, and then whoever may hold it is told. So who puts down a place for
 * what he is going to hold, and asks {@link #contains} after that, either finds it gone or loses
 * the place.
 */
final class AbsentRows {
  /** So many are remembered; others may be told, but not held. */
  private static final int MAX_ROWS = 100_000;

  private final Set<ByteBuffer> rows = ConcurrentHashMap.newKeySet();
  private final Consumer<byte[]> outdated;
  private volatile boolean ended;

  /**
   * Creates an empty set.
   *
   * @param outdated told each key whose row may be there by now
   */
  AbsentRows(Consumer<byte[]> outdated) {
    this.outdated = outdated;
  }

  /** Remembers {@code key}; returns whether a later change of its marker will be told. */
  boolean add(ByteBuffer key) {
    if (rows.size() >= MAX_ROWS) {
      return false;
    }
    rows.add(key);
    if (ended) {
      forget(key);
    }
    return !ended;
  }

  /** Returns whether a change of the marker of {@code key} would still be told. */
  boolean contains(ByteBuffer key) {
    return rows.contains(key);
  }

  /** The marker of {@code key} has changed, or is gone. */
  void forget(ByteBuffer key) {
    if (rows.remove(key)) {
      byte[] name = new byte[key.remaining()];
      key.get(0, name);
      outdated.accept(name);
    }
  }

  /** Every marker may have changed. */
  void forgetAll() {
    List.copyOf(rows).forEach(this::forget);
  }

  /** Nothing will be told any more. */
  void end() {
    ended = true;
    forgetAll();
  }
}
