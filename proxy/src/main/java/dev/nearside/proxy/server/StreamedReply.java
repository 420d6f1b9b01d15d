package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.Redirect;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Replies;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The reply to a request that was passed on as it came: nobody can send it again, but the next one
 * goes where this one should have gone.
 */
final class StreamedReply extends ForwardedReply {
  private static final byte[] MOVED =
      Replies.error("TRYAGAIN the slot has moved: nothing was done, and a large request not kept");

  private static final byte[] CROSS_SLOT = "-CROSSSLOT ".getBytes(StandardCharsets.US_ASCII);

  private final Topology topology;
  private final Node node;
  private final byte @Nullable [] instead;

  StreamedReply(Topology topology, Node node, ReplySink to) {
    super(to);
    this.topology = topology;
    this.node = node;
    this.instead = null;
  }

  /**
   * Creates one to a request that is refused whichever node has its keys.
   *
   * @param instead is handed on where the node says but that it has not
   */
  StreamedReply(Topology topology, Node node, ReplySink to, byte[] instead) {
    super(to);
    this.topology = topology;
    this.node = node;
    this.instead = instead;
  }

  @Override
  public void reply(ByteBuf in, int from, int until, boolean first, boolean last) {
    Redirect redirect = first && last ? Redirect.of(in, from, until) : null;
    byte[] refusal = instead;
    if (refusal != null && first && (redirect != null || isCrossSlot(in, from, until))) {
      super.reply(Unpooled.wrappedBuffer(refusal), 0, refusal.length, true, true);
      return;
    }
    if (redirect == null) {
      super.reply(in, from, until, first, last);
      return;
    }
    if (redirect instanceof Redirect.Moved moved) {
      topology.moved(moved, node);
    } else {
      topology.doubt();
    }
    super.reply(Unpooled.wrappedBuffer(MOVED), 0, MOVED.length, true, true);
  }

  private static boolean isCrossSlot(ByteBuf in, int from, int until) {
    int length = CROSS_SLOT.length;
    return until - from >= length
        && ByteBufUtil.equals(Unpooled.wrappedBuffer(CROSS_SLOT), 0, in, from, length);
  }
}
