package dev.nearside.proxy.server;

import org.jspecify.annotations.Nullable;

/**
 * The replies a connection owes, in the order of its requests. Confined to its event loop. While it
 * is empty a reply may be written to the output directly.
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

  private int size;
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

  boolean isEmpty() {
    return head == null;
  }

  /** Returns how many replies are owed. */
  int size() {
    return size;
  }

  /** Returns how many bytes are kept because their turn has not come. */
  long keptBytes() {
    return keptBytes;
  }

  /**
   * Returns whether no more requests should be worked off before these have been answered. On a
   * lane what has been asked comes, also to a client that does not read; so a client may ask for no
   * more at a time than can be kept for it.
   */
  boolean isFull() {
    int most = Math.clamp(MAX_KEPT / Math.max(1, largestBytes), MIN_OWED, MAX_OWED);
    return size >= most || keptBytes >= MAX_KEPT;
  }

  Output output() {
    return output;
  }

  /** Returns whether bytes of {@code reply} go out as they come. */
  @SuppressWarnings("ReferenceEquality") // the very reply
  boolean isFlowing(PendingReply reply) {
    return head == reply && reply.isReleased();
  }

  <R extends PendingReply> R add(R reply) {
    PendingReply last = tail;
    if (last == null) {
      head = reply;
    } else {
      last.next = reply;
    }
    tail = reply;
    size++;
    return reply;
  }

  /**
   * Puts {@code reply} just before the first one the upstream has still to answer, else at the end.
   */
  void addBeforeAwaited(PendingReply reply) {
    PendingReply before = lastPassed;
    PendingReply at = before == null ? head : before.next;
    while (at != null && !at.isAwaited()) {
      before = at;
      at = at.next;
    }
    if (before == null) {
      head = reply;
    } else {
      before.next = reply;
    }
    if (at == null) {
      tail = reply;
    }
    reply.next = at;
    lastPassed = reply;
    size++;
  }

  /** Writes what is complete at the head, and what the new head has kept. */
  void advance() {
    PendingReply first = head;
    while (first != null && first.isComplete()) {
      first.writeEarly(output);
      largestBytes = Math.max(first.bytes(), largestBytes - largestBytes / FORGETTING);
      head = first.next;
      size--;
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
    if (lastPassed == gone) {
      lastPassed = null;
    }
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
    size = 0;
  }

  void kept(int bytes) {
    keptBytes += bytes;
  }

  void released(int bytes) {
    keptBytes -= bytes;
  }
}
