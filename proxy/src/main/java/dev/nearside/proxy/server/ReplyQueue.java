package dev.nearside.proxy.server;

import org.jspecify.annotations.Nullable;

/**
 * The replies a connection owes, in the order of its requests, and the pushes between them.
 * Confined to its event loop. While it is empty a reply may be written to the output directly.
 */
final class ReplyQueue {
  /** What all replies owed may come to, if they are like the ones before. */
  static final int MAX_KEPT = 1024 * 1024;

  private static final int MAX_OWED = 4 * 1024;
  private static final int MIN_OWED = 8;
  private static final int FORGETTING = 16;

  private final Output output;
  private final Runnable advanced;
  private @Nullable PendingReply head;
  private @Nullable PendingReply tail;

  /** None up to it is awaited any more; the first that is stands somewhere behind it. */
  private @Nullable PendingReply lastPassed;

  /** What the connection ends with: pushes that come behind it are not waited for. */
  private @Nullable PendingReply end;

  private int owed;
  private long keptBytes;
  private boolean closed;

  /** The largest of the last replies, fading; that of the first is not known yet. */
  private long largestBytes = 8 * 1024;

  /**
   * Creates an empty queue.
   *
   * @param advanced called whenever replies may have been written
   */
  ReplyQueue(Output output, Runnable advanced) {
    this.output = output;
    this.advanced = advanced;
  }

  /** Returns whether nothing waits for its turn, neither replies nor pushes. */
  boolean isEmpty() {
    return head == null;
  }

  /**
   * Returns whether a request has still to be answered. Pushes do not count: where they keep coming
   * the queue may never be empty.
   */
  boolean owesReplies() {
    return owed > 0;
  }

  /** Returns how many requests have still to be answered. */
  int owed() {
    return owed;
  }

  /** Returns how many bytes are kept because their turn has not come. */
  long keptBytes() {
    return keptBytes;
  }

  /**
   * Returns whether no more requests should be worked off before these have been answered. On a
   * lane what has been asked comes, also to a client that does not read; so a client may ask for no
   * more at a time than can be kept for it. Never full of pushes alone, which nobody asks for.
   */
  boolean isFull() {
    int most = Math.clamp(MAX_KEPT / Math.max(1, largestBytes), MIN_OWED, MAX_OWED);
    return owed >= most || (owed > 0 && keptBytes >= MAX_KEPT);
  }

  Output output() {
    return output;
  }

  /** Returns whether bytes of {@code reply} go out as they come. */
  @SuppressWarnings("ReferenceEquality") // the very reply
  boolean isFlowing(PendingReply reply) {
    return head == reply && reply.isReleased();
  }

  /** Adds the reply to a request at the end. */
  <R extends PendingReply> R add(R reply) {
    PendingReply last = tail;
    if (last == null) {
      head = reply;
    } else {
      last.next = reply;
    }
    tail = reply;
    reply.owed = true;
    owed++;
    return reply;
  }

  /**
   * Puts {@code push} just before the first reply the upstream has still to give, else at the end.
   */
  void addBeforeAwaited(PendingReply push) {
    PendingReply before = lastPassed;
    PendingReply at = before == null ? head : before.next;
    while (at != null && !at.isAwaited()) {
      before = at;
      at = at.next;
    }
    if (before == null) {
      head = push;
    } else {
      before.next = push;
    }
    if (at == null) {
      tail = push;
    }
    push.next = at;
    lastPassed = push;
  }

  /**
   * Returns whether the upstream may still answer something before {@code reply}. An older answer
   * from elsewhere may not stand behind that.
   */
  @SuppressWarnings("ReferenceEquality") // the very reply
  boolean isAnyUndecidedBefore(PendingReply reply) {
    PendingReply place = reply.place();
    for (PendingReply at = head; at != null && at != place; at = at.next) {
      if (at.isUndecided()) {
        return true;
      }
    }
    return false;
  }

  /** Writes what is complete at the head, and what the new head has kept. */
  void advance() {
    PendingReply first = head;
    while (first != null && first.isComplete()) {
      first.writeEarly(output);
      largestBytes = Math.max(first.bytes(), largestBytes - largestBytes / FORGETTING);
      head = first.next;
      forget(first);
      first = head;
    }
    if (first == null) {
      tail = null;
    } else if (first.isReleased()) {
      first.writeEarly(output);
    }
    advanced.run();
  }

  @SuppressWarnings("ReferenceEquality") // the very reply
  private void forget(PendingReply gone) {
    if (gone.owed) {
      owed--;
    }
    if (lastPassed == gone) {
      lastPassed = null;
    }
    if (end == gone) {
      end = null;
    }
  }

  /** The connection ends with what is here now. */
  void endHere() {
    end = tail;
  }

  /** Returns whether all that was here at {@link #endHere} has been written. */
  boolean isAtEnd() {
    return end == null;
  }

  /** Returns whether nobody waits for replies any more. */
  boolean isClosed() {
    return closed;
  }

  /** Forgets everything; what is still to come is dropped. */
  void close() {
    closed = true;
    for (PendingReply reply = head; reply != null; reply = reply.next) {
      reply.discardAll();
    }
    head = null;
    tail = null;
    lastPassed = null;
    end = null;
    owed = 0;
  }

  void kept(int bytes) {
    keptBytes += bytes;
  }

  void released(int bytes) {
    keptBytes -= bytes;
  }
}
