package dev.nearside.proxy.coherence;

import dev.nearside.proxy.telemetry.InvalidationCause;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Waits until L1 has seen everything the upstream had done at a moment. Thread-safe.
 *
 * <p>A PING on the tracked connection is answered after every push that was due before it, so its
 * answer moves the staleness clock to its send time. At most one is under way; everybody whose
 * moment it covers is woken by it, the others by the next. They wait in the order of their moments:
 * nobody behind the first that is not covered is looked at. A shard that closes wakes all: whoever
 * is woken looks again, finds L1 closed and reads upstream. Where the upstream does not tell of
 * changes there is nothing to wait for: L1 is emptied, and nobody waits.
 */
public final class Barrier {
  private record Waiter(long momentNs, long number, Runnable wake) {
    /** By moment, which may wrap around, and among equal ones in the order they came. */
    static int compare(Waiter one, Waiter other) {
      int byMoment = Long.signum(one.momentNs - other.momentNs);
      return byMoment == 0 ? Long.compare(one.number, other.number) : byMoment;
    }
  }

  private final Shard shard;
  private final ConcurrentSkipListSet<Waiter> waiters =
      new ConcurrentSkipListSet<>(Waiter::compare);
  private final AtomicLong numbers = new AtomicLong();
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
    if (!shard.isTracking()) {
      shard.drop(InvalidationCause.FLUSH);
      wake.run();
      return;
    }
    waiters.add(new Waiter(momentNs, numbers.getAndIncrement(), wake));
    wakeCovered();
  }

  /** Called when the clock has moved by the answer of a PING. */
  void answered() {
    underWay.set(false);
    wakeCovered();
  }

  /** Called when the clock has moved in any other way, or the shard has closed. */
  void wakeCovered() {
    for (Waiter next : waiters) { // who comes meanwhile looks itself
      if (shard.isOpen() && shard.coherentAsOfNs() - next.momentNs < 0) {
        send();
        return;
      }
      if (waiters.remove(next)) {
        next.wake.run();
      }
    }
  }

  private void send() {
    if (underWay.compareAndSet(false, true)) {
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
