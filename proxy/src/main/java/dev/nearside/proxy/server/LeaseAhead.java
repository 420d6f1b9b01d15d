package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Takes the replies to the deletions of leases that go down a lane just ahead of a write. What is
 * lost or refused later is so together with the write, which stands behind it.
 */
final class LeaseAhead implements ReplySink {
  private @Nullable Reason refusal;

  /** Returns why a deletion was refused at once, or null. */
  @Nullable Reason refusal() {
    return refusal;
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {}

  @Override
  public void lost() {}

  @Override
  public void refused(Reason reason) {
    refusal = reason;
  }
}
