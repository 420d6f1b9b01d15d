package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.SharedRead;
import io.netty.buffer.ByteBuf;

/** The PTTL that tells whether a shared read may still be shown to those who joined it late. */
final class SharedTtl implements ReplySink {
  private final SharedRead shared;

  SharedTtl(SharedRead shared) {
    this.shared = shared;
  }

  /** {@code :-1\r\n}: no expiry; {@code :1500\r\n}: milliseconds. */
  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (!first || !last || in.getByte(from) != ':') {
      shared.failed();
      return;
    }
    boolean negative = in.getByte(from + 1) == '-';
    long millis = 0;
    for (int i = negative ? from + 2 : from + 1; i < to - 2; i++) {
      millis = millis * 10 + in.getByte(i) - '0';
    }
    shared.livesFor(negative ? -millis : millis, System.nanoTime());
  }

  @Override
  public void lost() {
    shared.failed();
  }

  @Override
  public void refused(Reason reason) {
    shared.failed();
  }
}
