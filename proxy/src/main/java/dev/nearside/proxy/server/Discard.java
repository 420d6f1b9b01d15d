package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;

/**
 * Takes the reply to a request that no client sent.
 *
 * @param ended called when it has come, or will not
 */
record Discard(Runnable ended) implements ReplySink {
  static final Discard SILENTLY = new Discard(() -> {});

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (last) {
      ended.run();
    }
  }

  @Override
  public void lost() {
    ended.run();
  }

  @Override
  public void refused(Reason reason) {
    ended.run();
  }
}
