package dev.nearside.proxy.server;

import dev.nearside.proxy.tier.local.Compression;
import dev.nearside.proxy.tier.local.Entry;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The place of one reply in the order of its connection. Bytes that come before their turn are kept
 * here; at its turn they go out, and later ones directly. Confined to the connection's event loop.
 */
class PendingReply {
  private final ReplyQueue queue;
  private @Nullable ByteBuf early;
  private boolean complete;
  private boolean held;
  private boolean undecided;
  private long bytes;

  /** The queue's own: who stands behind it, and whether a request is answered by it. */
  @Nullable PendingReply next;

  boolean owed;

  PendingReply(ReplyQueue queue) {
    this.queue = queue;
  }

  /** Keeps its bytes, also at its turn, until {@link #release}. */
  final void hold() {
    held = true;
  }

  /** Lets its bytes go out at its turn. */
  void release() {
    held = false;
    queue.advance();
  }

  /** Returns whether bytes may go out at its turn, although more are to come. */
  final boolean isReleased() {
    return !held;
  }

  /** What it will say is not known yet: a read is under way. */
  final void undecided() {
    undecided = true;
  }

  /** What it will say is chosen. */
  final void decided() {
    undecided = false;
  }

  /** Returns whether what it will say may still be what the upstream says later. */
  boolean isUndecided() {
    return undecided;
  }

  /** Returns what has its place in the queue: itself, or the array whose element it is. */
  PendingReply place() {
    return this;
  }

  /** Returns whether it is an element of an array reply. */
  boolean isElement() {
    return false;
  }

  /** Returns whether the upstream has still to answer it; once it has not, it never has again. */
  boolean isAwaited() {
    return false;
  }

  /** Returns whether all its bytes are here or gone, and may go. */
  boolean isComplete() {
    return complete && !held;
  }

  /** Returns how many bytes were added so far. */
  long bytes() {
    return bytes;
  }

  /** Adds the next bytes of the reply. */
  final void append(ByteBuf in, int from, int to) {
    if (queue.isClosed()) {
      return;
    }
    bytes += to - from;
    if (queue.isFlowing(this)) {
      queue.output().write(in, from, to);
    } else {
      buffer(to - from).writeBytes(in, from, to - from);
    }
  }

  /** Adds the next bytes of the reply. */
  final void append(byte[] more) {
    if (queue.isClosed()) {
      return;
    }
    bytes += more.length;
    if (queue.isFlowing(this)) {
      queue.output().buffer(more.length).writeBytes(more);
    } else {
      buffer(more.length).writeBytes(more);
    }
  }

  /** Adds the whole reply that {@code entry} holds. */
  final void append(Entry entry, byte[] nullReply) {
    if (queue.isClosed()) {
      return;
    }
    if (entry.isNil()) {
      append(nullReply);
    } else {
      int length = entry.replyLength();
      bytes += length;
      Compression.writeReply(
          entry, queue.isFlowing(this) ? queue.output().buffer(length) : buffer(length));
    }
  }

  /** The last byte was added. */
  void complete() {
    complete = true;
    queue.advance();
  }

  /** Its turn has come: what was kept goes out. */
  void writeEarly(Output output) {
    ByteBuf kept = early;
    early = null;
    if (kept != null) {
      queue.released(kept.readableBytes());
      output.writeOwned(kept);
    }
  }

  /** Gives up what is kept. */
  final void discard() {
    ByteBuf kept = early;
    early = null;
    if (kept != null) {
      queue.released(kept.readableBytes());
      kept.release();
    }
  }

  /** Gives up everything, parts included. */
  void discardAll() {
    discard();
  }

  /**
   * Returns what was kept, whose owner is then the caller, or null; for replies outside a queue.
   */
  final @Nullable ByteBuf take() {
    ByteBuf kept = early;
    early = null;
    if (kept != null) {
      queue.released(kept.readableBytes());
    }
    return kept;
  }

  private ByteBuf buffer(int length) {
    ByteBuf buffer = early;
    if (buffer == null) {
      buffer = queue.output().allocate(length);
      early = buffer;
    }
    queue.kept(length);
    return buffer;
  }
}
