package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.Redirect;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.ReplyReader;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The reply to a request that was passed on as it came: nobody can send it again, but the next one
 * goes where this one should have gone.
 */
final class StreamedReply implements ReplySink {
  private static final byte[] MOVED =
      Replies.error("TRYAGAIN the slot has moved: nothing was done, and a large request not kept");

  private final Topology topology;
  private final Node node;
  private final ReplySink to;

  StreamedReply(Topology topology, Node node, ReplySink to) {
    this.topology = topology;
    this.node = node;
    this.to = to;
  }

  @Override
  public void reply(ByteBuf in, int from, int until, boolean first, boolean last) {
    Redirect redirect = first && last ? Redirect.of(in, from, until) : null;
    if (redirect instanceof Redirect.Moved moved) {
      topology.moved(moved, node);
    } else if (redirect != null) {
      topology.doubt();
    }
    if (redirect == null) {
      to.reply(in, from, until, first, last);
    } else {
      to.reply(Unpooled.wrappedBuffer(MOVED), 0, MOVED.length, true, true);
    }
  }

  @Override
  public boolean expectsMore() {
    return to.expectsMore();
  }

  @Override
  public @Nullable ReplyReader reader() {
    return to.reader();
  }

  @Override
  public boolean isFull() {
    return to.isFull();
  }

  @Override
  public void lost() {
    to.lost();
  }

  @Override
  public void untold() {
    to.untold();
  }

  @Override
  public void refused(Reason reason) {
    to.refused(reason);
  }
}
