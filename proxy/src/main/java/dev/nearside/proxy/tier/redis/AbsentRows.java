package dev.nearside.proxy.tier.redis;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The rows that looks on one connection have found absent, for as long as a change of their markers
 * would be told there. Thread-safe, never blocks.
 *
 * <p>A row is taken out first, and then whoever may hold it is told. So who puts down a place for
 * what he is going to hold, and asks {@link #contains} after that, either finds it gone or loses
 * the place.
 *
 * <p>All of them are taken out in one step, by an exchange of the set. To tell of each takes time
 * in proportion to them, which for many is no event loop's.
 */
final class AbsentRows {
  /** So many are remembered; others may be told, but not held. */
  private static final int MAX_ROWS = 100_000;

  /** So many are told of in less than a millisecond. */
  private static final int FEW_ROWS = 1_000;

  private final Consumer<byte[]> outdated;
  private final Supplier<Set<ByteBuffer>> sets;
  private final AtomicReference<Set<ByteBuffer>> rows;
  private volatile boolean ended;

  /**
   * Creates an empty set.
   *
   * @param outdated told each key whose row may be there by now
   */
  AbsentRows(Consumer<byte[]> outdated) {
    this(outdated, ConcurrentHashMap::newKeySet);
  }

  /** As above; {@code sets} makes each set. */
  AbsentRows(Consumer<byte[]> outdated, Supplier<Set<ByteBuffer>> sets) {
    this.outdated = outdated;
    this.sets = sets;
    this.rows = new AtomicReference<>(sets.get());
  }

  /** Remembers {@code key}; returns whether a later change of its marker will be told. */
  @SuppressWarnings("ReferenceEquality") // one added to a set that is being told of may be missed
  boolean add(ByteBuffer key) {
    Set<ByteBuffer> into = rows();
    if (into.size() >= MAX_ROWS) {
      return false;
    }
    into.add(key);
    return into == rows() && !ended;
  }

  /** Returns whether a change of the marker of {@code key} would still be told. */
  boolean contains(ByteBuffer key) {
    return !ended && rows().contains(key);
  }

  /** The marker of {@code key} has changed, or is gone. */
  void forget(ByteBuffer key) {
    if (rows().remove(key)) {
      tell(key);
    }
  }

  /** Every marker may have changed. */
  void forgetAll() {
    forgetAll(() -> {});
  }

  /** Nothing will be told any more; once all that was remembered is, runs {@code then}. */
  void end(Runnable then) {
    ended = true;
    forgetAll(then);
  }

  private void forgetAll(Runnable then) {
    Set<ByteBuffer> gone = Objects.requireNonNull(rows.getAndSet(sets.get()));
    if (gone.size() <= FEW_ROWS) {
      tellAll(gone, then);
    } else { // not a virtual thread: those take turns
      Thread.ofPlatform().daemon().name("nearside-absent-rows").start(() -> tellAll(gone, then));
    }
  }

  private Set<ByteBuffer> rows() {
    return Objects.requireNonNull(rows.get());
  }

  private void tellAll(Set<ByteBuffer> gone, Runnable then) {
    try {
      gone.forEach(this::tell);
    } finally {
      then.run();
    }
  }

  private void tell(ByteBuffer key) {
    byte[] name = new byte[key.remaining()];
    key.get(0, name);
    outdated.accept(name);
  }
}
