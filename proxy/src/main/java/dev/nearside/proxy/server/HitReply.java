package dev.nearside.proxy.server;

import dev.nearside.proxy.tier.local.Compression;
import dev.nearside.proxy.tier.local.Entry;

/**
 * A hit that waits for its turn behind what is not answered yet. It is the entry itself that waits:
 * nothing is copied until it goes out. Confined to the connection's event loop.
 */
final class HitReply extends PendingReply {
  private final ReplyQueue queue;
  private final Entry entry;
  private final int length;

  /**
   * Creates a reply, complete from the start.
   *
   * @param entry has landed, and is not nil
   */
  HitReply(ReplyQueue queue, Entry entry) {
    super(queue);
    this.queue = queue;
    this.entry = entry;
    this.length = entry.replyLength();
    queue.kept(length);
  }

  @Override
  boolean isComplete() {
    return true;
  }

  @Override
  long bytes() {
    return length;
  }

  @Override
  void writeEarly(Output output) {
    queue.released(length);
    Compression.writeReply(entry, output.buffer(length));
  }

  @Override
  void discardAll() {
    queue.released(length);
  }
}
