package dev.nearside.proxy.coherence;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Waits until L1 has seen everything the upstream had done at a moment. Thread-safe.
 *
 * <p>A PING on the tracked connection is answered after every push that was due before it, so its
 * answer moves the staleness clock to its send time. At most one is under way; everybody whose
 * moment it covers is woken by it, the others by the next. A shard that closes wakes all: whoever
 * is woken looks again, finds L1 closed and reads upstream.
 */
public final class Barrier {
  private record Waiter(long momentNs, Runnable wake) {}

  private final Shard shard;
  private final ConcurrentLinkedQueue<Waiter> waiters = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean underWay = new AtomicBoolean();
  private final LongAdder sent;
  private volatile Runnable sendPing = () -> {};

  /**
   * Creates the barrier of {@code shard}.
   *
   * @param sent counts the barriers that were sent
   */
  Barrier(Shard shard, LongAdder sent) {
    this.shard = shard;
    this.sent = sent;
  }

  /** Sets how a PING is sent on the tracked connection of the generation that opens now. */
  void arm(Runnable sendPing) {
    this.sendPing = sendPing;
    underWay.set(false);
  }

  /**
   * Calls {@code wake} once, on any thread, when the staleness clock has reached {@code momentNs}
   * or the shard has closed.
   */
  public void await(long momentNs, Runnable wake) {
    waiters.add(new Waiter(momentNs, wake));
    wakeCovered();
  }

  /** Called when the clock has moved by the answer of a PING. */
  void answered() {
    underWay.set(false);
    wakeCovered();
  }

  /** Called when the clock has moved in any other way, or the shard has closed. */
  void wakeCovered() {
    List<Waiter> early = new ArrayList<>(0);
    for (Waiter waiter = waiters.poll(); waiter != null; waiter = waiters.poll()) {
      if (!shard.isOpen() || shard.coherentAsOfNs() - waiter.momentNs >= 0) {
        waiter.wake.run();
      } else {
        early.add(waiter);
      }
    }
    waiters.addAll(early);
    if (waiters.isEmpty()) {
      return;
    }
    if (!shard.isOpen()) {
      wakeCovered(); // it closed while the early ones were out of the queue
    } else if (underWay.compareAndSet(false, true)) {
      sent.increment();
      sendPing.run();
    }
  }

  /** Returns how many barriers were sent, in all shards. */
  public long sent() {
    return sent.sum();
  }

  /** Returns how many wait; 0 at rest. */
  public int waiting() {
    return waiters.size();
  }
}
