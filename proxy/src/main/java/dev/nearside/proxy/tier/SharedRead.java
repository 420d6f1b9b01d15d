package dev.nearside.proxy.tier;

import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * One read of a key on a client's own way that identical reads of other clients wait for. Confined
 * to the event loop of the client that leads it; the others join from any thread.
 *
 * <p>What it brings is never held, and only for who had asked before it was sent: whoever joined it
 * later takes its end as the moment to ask anew.
 */
public final class SharedRead {
  private final LocalTier local;
  private final Entry token;
  private final Flight flight;
  private final int maxBytes;
  private @Nullable ByteArrayOutputStream gathered;
  private boolean ended;

  SharedRead(LocalTier local, Entry token, Flight flight, int maxBytes) {
    this.local = local;
    this.token = token;
    this.flight = flight;
    this.maxBytes = maxBytes;
  }

  /**
   * The next bytes of the reply are here, and what they do to L1 is settled.
   *
   * @param first whether they are the first; nobody joins any more
   * @param last whether they complete it
   */
  public void replied(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (ended || (first && isAlone())) {
      return;
    }
    ByteArrayOutputStream all = gathered;
    if (all == null && !last) {
      all = new ByteArrayOutputStream(2 * (to - from));
      gathered = all;
    }
    if (all == null) {
      answered(whole(ByteBufUtil.getBytes(in, from, to - from)));
    } else if (all.size() + to - from > maxBytes) {
      failed();
    } else {
      all.writeBytes(ByteBufUtil.getBytes(in, from, to - from));
      if (last) {
        answered(whole(all.toByteArray()));
      }
    }
  }

  private boolean isAlone() {
    local.endShared(token);
    ended = flight.endIfAlone();
    return ended;
  }

  /** Tells those who joined the whole reply; null is nil. */
  public void answered(byte @Nullable [] reply) {
    if (!ended) {
      ended = true;
      local.endShared(token);
      local.tell(token, reply);
    }
  }

  /** Those who joined have to read by themselves. */
  public void failed() {
    if (!ended) {
      ended = true;
      local.endShared(token);
      flight.fail();
    }
  }

  /** Nil is written differently in each protocol; everything else GET can say is the same. */
  static byte @Nullable [] whole(byte[] reply) {
    boolean nil = reply[0] == '_' || (reply[0] == '$' && reply[1] == '-');
    return nil ? null : reply;
  }
}
