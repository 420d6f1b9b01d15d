package dev.nearside.proxy.write;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Room in memory for large requests that are gathered whole, of all clients together: from their
 * first bytes on until they are answered. Thread-safe, never blocks.
 *
 * <p>Who asks while there is none has it later, in the order of asking. Nobody asks for more while
 * he has some, so that no two wait for each other; who has it and goes on slowly can be waited for
 * in vain.
 */
public final class GatheringRoom {
  /** The most for one request. */
  public static final int MOST_BYTES = 8 << 20;

  /** A request takes several times its length until it is written; the heap has 48 MiB for that. */
  private static final long ALL_BYTES = 2L * MOST_BYTES;

  private enum State {
    WAITING,
    HELD,
    ENDED
  }

  /** What one request has, or waits for. */
  public final class Share {
    private final int bytes;
    private final Runnable granted;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

    private Share(int bytes, Runnable granted) {
      this.bytes = bytes;
      this.granted = granted;
    }

    /** Returns how long the request may be. */
    public int bytes() {
      return bytes;
    }

    /** Returns whether the request may be gathered now. */
    public boolean isHeld() {
      return state.get() == State.HELD;
    }

    /** Gives it back, or waits no more; by any thread, and once or more. */
    public void end() {
      if (state.getAndSet(State.ENDED) == State.HELD) {
        taken.addAndGet(-bytes);
      }
      letIn();
    }
  }

  private final Duration patience;
  private final Queue<Share> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicLong taken = new AtomicLong();
  private final AtomicInteger lookers = new AtomicInteger();

  /**
   * Creates an empty one.
   *
   * @param patience how long it is sensible to wait for a share
   */
  public GatheringRoom(Duration patience) {
    this.patience = patience;
  }

  /** Returns how long it is sensible to wait for a share. */
  public Duration patience() {
    return patience;
  }

  /**
   * Asks for room; whoever asks ends the share.
   *
   * @param bytes at most {@link #MOST_BYTES}
   * @param granted run by any thread, perhaps before this returns, when the share is held
   */
  public Share ask(int bytes, Runnable granted) {
    Share share = new Share(bytes, granted);
    waiting.add(share);
    letIn();
    return share;
  }

  /** One at a time looks who can be let in; others have it look again. */
  private void letIn() {
    if (lookers.getAndIncrement() > 0) {
      return;
    }
    int seen = 1;
    do {
      for (Share next = waiting.peek(); next != null && isDone(next); next = waiting.peek()) {
        waiting.remove();
      }
      seen = lookers.addAndGet(-seen);
    } while (seen > 0);
  }

  /** Returns whether {@code share} waits no more, and lets it in where there is room. */
  private boolean isDone(Share share) {
    if (share.state.get() != State.WAITING) {
      return true;
    }
    if (taken.get() + share.bytes > ALL_BYTES) {
      return false;
    }
    taken.addAndGet(share.bytes);
    if (share.state.compareAndSet(State.WAITING, State.HELD)) {
      share.granted.run();
    } else {
      taken.addAndGet(-share.bytes);
    }
    return true;
  }
}
