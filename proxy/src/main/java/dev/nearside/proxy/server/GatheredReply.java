package dev.nearside.proxy.server;

import dev.nearside.proxy.resp.Replies;
import io.netty.buffer.ByteBuf;

/**
 * An array reply whose elements are read one by one, in any order. Until all are here they are kept
 * and count, as they come, towards what may be kept for a client. Confined to its event loop.
 */
final class GatheredReply extends PendingReply {
  private final ReplyQueue queue;
  private final Part[] parts;
  private int missing;

  GatheredReply(ReplyQueue queue, int count) {
    super(queue);
    this.queue = queue;
    parts = new Part[count];
    for (int i = 0; i < count; i++) {
      parts[i] = new Part(queue);
    }
    missing = count;
  }

  /** Returns element {@code i}, to be completed. */
  PendingReply part(int i) {
    return parts[i];
  }

  private void partCompleted() {
    if (--missing > 0) {
      queue.advance(); // nothing leaves yet, but the limit is looked at
      return;
    }
    append(Replies.arrayHeader(parts.length));
    for (Part part : parts) {
      ByteBuf bytes = part.take();
      if (bytes != null) {
        append(bytes, bytes.readerIndex(), bytes.writerIndex());
        bytes.release();
      }
    }
    complete();
  }

  @Override
  void discardAll() {
    for (Part part : parts) {
      part.discard();
    }
    discard();
  }

  private final class Part extends PendingReply {
    Part(ReplyQueue queue) {
      super(queue);
    }

    @Override
    boolean isElement() {
      return true;
    }

    @Override
    void complete() {
      partCompleted();
    }
  }
}
