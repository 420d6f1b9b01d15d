package dev.nearside.proxy.server;

import dev.nearside.proxy.resp.Replies;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * An array reply whose elements are read one by one, in any order. Until all are here they are kept
 * and count, as they come, towards what may be kept for a client. A key of another type is nil, as
 * Redis shows it; any other error is the error of the whole. Confined to its event loop.
 */
final class GatheredReply extends PendingReply {
  private static final ByteBuf OF_ANOTHER_TYPE =
      Unpooled.unreleasableBuffer(Unpooled.copiedBuffer("-WRONGTYPE", StandardCharsets.US_ASCII));

  private final ReplyQueue queue;
  private final PartReply[] parts;
  private final byte[] nullReply;
  private int missing;

  GatheredReply(ReplyQueue queue, int count, byte[] nullReply) {
    super(queue);
    this.queue = queue;
    this.nullReply = nullReply;
    parts = new PartReply[count];
    for (int i = 0; i < count; i++) {
      parts[i] = new PartReply(queue, this, this::partCompleted);
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
    @Nullable ByteBuf[] elements = new ByteBuf[parts.length];
    @Nullable ByteBuf error = null;
    for (int i = 0; i < parts.length; i++) {
      elements[i] = parts[i].take();
      error = error == null && isRefusal(elements[i]) ? elements[i] : error;
    }
    if (error == null) {
      append(Replies.arrayHeader(parts.length));
      for (ByteBuf element : elements) {
        addElement(element);
      }
    } else {
      append(error, error.readerIndex(), error.writerIndex());
    }
    for (ByteBuf element : elements) {
      ReferenceCountUtil.release(element);
    }
    complete();
  }

  private void addElement(@Nullable ByteBuf element) {
    if (element == null) {
      return; // its client is gone
    }
    if (isError(element)) {
      append(nullReply);
    } else {
      append(element, element.readerIndex(), element.writerIndex());
    }
  }

  private static boolean isError(ByteBuf element) {
    return element.getByte(element.readerIndex()) == '-';
  }

  /** {@code -WRONGTYPE …} of GET is nil in MGET. */
  private static boolean isRefusal(@Nullable ByteBuf element) {
    return element != null
        && isError(element)
        && !ByteBufUtil.equals(
            element, element.readerIndex(), OF_ANOTHER_TYPE, 0, OF_ANOTHER_TYPE.readableBytes());
  }

  @Override
  boolean isUndecided() {
    for (PartReply part : parts) {
      if (part.isUndecided()) {
        return true;
      }
    }
    return false;
  }

  @Override
  void discardAll() {
    for (PartReply part : parts) {
      part.discard();
    }
    discard();
  }
}
