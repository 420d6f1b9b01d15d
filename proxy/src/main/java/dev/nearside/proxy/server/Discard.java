package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;

/** Takes the reply to a request that no client sent. */
enum Discard implements ReplySink {
  SILENTLY;

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {}

  @Override
  public void lost() {}

  @Override
  public void refused(Reason reason) {}
}
