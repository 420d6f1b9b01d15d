package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplyReader;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A reply on its way to another sink. Confined to the client's event loop. */
abstract class ForwardedReply implements ReplySink {
  private final ReplySink to;

  ForwardedReply(ReplySink to) {
    this.to = to;
  }

  @Override
  public void reply(ByteBuf in, int from, int until, boolean first, boolean last) {
    to.reply(in, from, until, first, last);
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
