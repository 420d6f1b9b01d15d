package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/**
 * The reply to a short read that was relayed by a lane: its request is kept, and sent again while
 * there is time if no byte of the reply has come. Confined to the client's event loop.
 */
final class RepeatableRead extends RelayedReply implements Retries.Read {
  /** Longer requests are not kept. */
  static final int MAX_REQUEST_BYTES = 1024;

  private final ClientConnection client;
  private final LaneKey.Kind lane;
  private final int slot;
  private final byte[] request;
  private int attempts;
  private boolean begun;

  /**
   * Creates a reply.
   *
   * @param touch of a command that only reads
   * @param lane the kind of lane that its order allows
   * @param slot of its keys, if that matters
   */
  RepeatableRead(
      ClientConnection client,
      Command command,
      Request request,
      Touch touch,
      LaneKey.Kind lane,
      int slot) {
    super(client, touch, command.informative(request), touch.isOpaque(), touch.isOpaque());
    this.client = client;
    this.lane = lane;
    this.slot = slot;
    this.request = ByteBufUtil.getBytes(request.buffer(), request.start(), request.length());
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    begun = true;
    super.reply(in, from, to, first, last);
  }

  @Override
  public void lost() {
    if (begun || !triesAgain()) {
      super.lost();
    }
  }

  @Override
  public void refused(Reason reason) {
    if (!triesAgain()) {
      super.refused(reason);
    }
  }

  private boolean triesAgain() {
    boolean later = client.upstream().retries().later(this, attempts + 1, startedNs());
    attempts += later ? 1 : 0;
    return later;
  }

  @Override
  public void again() {
    if (client.isOpen()) {
      client.upstream().sendOn(lane, slot, Unpooled.wrappedBuffer(request), this);
    } else {
      complete();
    }
  }
}
