package dev.nearside.proxy.tier.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The waiting reads of one namespace, bounded, and how many of its batches run. Thread-safe without
 * locks.
 */
final class ReadQueue {
  private final String namespace;
  private final RowsByKey rows;
  private final FitGate gate;
  private final int maxWaiting;
  private final Queue<PendingRead> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waitingCount = new AtomicInteger();

  /** Whether the queue stands in the line of {@link Turns}; at most once. */
  final AtomicBoolean inLine = new AtomicBoolean();

  /** Whether it is known when {@link Turns} looks whether what waits has waited long enough. */
  final AtomicBoolean patient = new AtomicBoolean();

  /** Batches that hold a permit. */
  final AtomicInteger running = new AtomicInteger();

  /**
   * Creates an empty one.
   *
   * @param subject what complaints about its rows begin with
   */
  ReadQueue(String namespace, String subject, RowsByKey rows, int maxWaiting) {
    this.gate = new FitGate(subject, rows::fit, System::nanoTime);
    this.namespace = namespace;
    this.rows = rows;
    this.maxWaiting = maxWaiting;
  }

  String namespace() {
    return namespace;
  }

  RowsByKey rows() {
    return rows;
  }

  /** Returns what its reads have to pass before the database is asked. */
  FitGate gate() {
    return gate;
  }

  int size() {
    return waitingCount.get();
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Adds a read, or returns false where the bound is reached. */
  boolean add(PendingRead read) {
    if (waitingCount.incrementAndGet() > maxWaiting) {
      waitingCount.decrementAndGet();
      return false;
    }
    waiting.add(read);
    return true;
  }

  /** Takes up to {@code max} reads that are still open; the others are dropped on the way. */
  List<PendingRead> take(int max) {
    List<PendingRead> taken = new ArrayList<>();
    while (taken.size() < max) {
      PendingRead read = waiting.poll();
      if (read == null) {
        break;
      }
      waitingCount.decrementAndGet();
      if (read.isOpen()) {
        taken.add(read);
      }
    }
    return taken;
  }
}
