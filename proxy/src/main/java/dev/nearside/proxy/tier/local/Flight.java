package dev.nearside.proxy.tier.local;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The one read of a key that is under way, and the readers that wait for it. Thread-safe.
 *
 * <p>Its token is its {@link Entry} in the cache: whatever removes that entry (a push, a fence, a
 * flush, an eviction) kills the flight. A dead flight still answers those who joined it before, and
 * nobody can join or publish it any more.
 */
public final class Flight {
  /** Told once, on any thread, how the flight ended. */
  public interface Reader {
    /** The key was read: the entry has landed, and may or may not have been published. */
    void landed(Entry entry);

    /** As {@link #landed}, by an answer that did not come in the stream that keeps L1 true. */
    default void toldElsewhere(Entry entry) {
      landed(entry);
    }

    /** The key could not be read this way. */
    void failed();

    /** As {@link #failed}: it was read, but has expired since, maybe before this reader came. */
    default void expired() {
      failed();
    }
  }

  private static final class Waiter {
    private final Reader reader;
    private @Nullable Waiter next;

    Waiter(Reader reader, @Nullable Waiter next) {
      this.reader = reader;
      this.next = next;
    }
  }

  private static final Waiter ENDED =
      new Waiter(
          new Reader() {
            @Override
            public void landed(Entry entry) {}

            @Override
            public void failed() {}
          },
          null);

  private final long sentAtNs;
  private volatile boolean tracked;
  private final AtomicReference<@Nullable Waiter> waiters = new AtomicReference<>();

  /**
   * Creates a flight whose read is remembered by the upstream, which tells of a change.
   *
   * @param sentAtNs a moment before its request is sent
   */
  public Flight(long sentAtNs) {
    this(sentAtNs, true);
  }

  /** As {@link #Flight(long)}; {@code tracked}: whether the upstream tells of a change. */
  public Flight(long sentAtNs, boolean tracked) {
    this.sentAtNs = sentAtNs;
    this.tracked = tracked;
  }

  /** Returns whether a push takes its token away when the key changes. */
  public boolean isTracked() {
    return tracked;
  }

  /** From now on it is: its tracked read is sent next. */
  public void track() {
    tracked = true;
  }

  /** Returns a moment before which the read was certainly not executed by the upstream. */
  public long sentAtNs() {
    return sentAtNs;
  }

  /**
   * Adds a reader, of whom the first began the flight; returns false, and will never call it, when
   * the flight has ended.
   */
  @SuppressWarnings("ReferenceEquality") // ENDED is one object
  public boolean join(Reader reader) {
    Waiter head;
    do {
      head = waiters.get();
      if (head == ENDED) {
        return false;
      }
    } while (!waiters.compareAndSet(head, new Waiter(reader, head)));
    return true;
  }

  /** Returns whether it has more readers than who began it, and has not ended. */
  public boolean isJoined() {
    Waiter last = waiters.get();
    return last != null && last.next != null;
  }

  /** Ends the flight if nobody has joined it; returns whether it did. */
  public boolean endIfAlone() {
    return waiters.compareAndSet(null, ENDED);
  }

  /**
   * Tells its readers what was read.
   *
   * @param expired whether the key has expired since: whoever joined may have come after that, and
   *     must read again; only who began the flight asked before it was read
   */
  void land(Entry entry, boolean expired) {
    Waiter first = end();
    for (Waiter w = first; w != null; w = w.next) {
      if (expired && !w.equals(first)) {
        w.reader.expired();
      } else {
        w.reader.landed(entry);
      }
    }
  }

  /** Tells its readers what was read elsewhere. */
  void deliver(Entry entry) {
    for (Waiter w = end(); w != null; w = w.next) {
      w.reader.toldElsewhere(entry);
    }
  }

  /** Tells its readers that the key could not be read this way. */
  public void fail() {
    for (Waiter w = end(); w != null; w = w.next) {
      w.reader.failed();
    }
  }

  /** Ends the flight and returns its readers as they came; the second caller gets none. */
  @SuppressWarnings("ReferenceEquality") // ENDED is one object
  private @Nullable Waiter end() {
    Waiter last = waiters.getAndSet(ENDED);
    Waiter first = null;
    while (last != null && last != ENDED) {
      Waiter before = last.next;
      last.next = first;
      first = last;
      last = before;
    }
    return first;
  }
}
