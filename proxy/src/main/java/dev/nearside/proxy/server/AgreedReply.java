package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import io.netty.buffer.ByteBuf;

/** A reply on its way to another sink; where it is no error, something is done before. */
final class AgreedReply extends ForwardedReply {
  private final Runnable agreed;

  AgreedReply(ReplySink to, Runnable agreed) {
    super(to);
    this.agreed = agreed;
  }

  @Override
  public void reply(ByteBuf in, int from, int until, boolean first, boolean last) {
    if (first && in.getByte(from) != '-') {
      agreed.run();
    }
    super.reply(in, from, until, first, last);
  }
}
