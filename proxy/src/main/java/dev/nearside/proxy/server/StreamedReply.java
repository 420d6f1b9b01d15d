package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.Redirect;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Replies;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The reply to a request that was passed on as it came: nobody can send it again, but the next one
 * goes where this one should have gone.
 */
final class StreamedReply extends ForwardedReply {
  private static final byte[] MOVED =
      Replies.error("TRYAGAIN the slot has moved: nothing was done, and a large request not kept");

  private final Topology topology;
  private final Node node;

  StreamedReply(Topology topology, Node node, ReplySink to) {
    super(to);
    this.topology = topology;
    this.node = node;
  }

  @Override
  public void reply(ByteBuf in, int from, int until, boolean first, boolean last) {
    Redirect redirect = first && last ? Redirect.of(in, from, until) : null;
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
}
