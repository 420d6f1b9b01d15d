package dev.nearside.proxy.server;

import dev.nearside.proxy.telemetry.CloseReason;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Set;

/**
 * When a client last sent or took anything. As in Redis ({@code clientsCronHandleTimeout}), whoever
 * waits for a reply, subscribes, monitors or replicates is not idle. Confined to the client's event
 * loop.
 */
final class IdleWatch extends ChannelInboundHandlerAdapter {
  private final ClientConnection client;
  private final Set<IdleWatch> all;
  private boolean heard;
  private long taken;
  private long activeNs;

  /**
   * Creates the watch of {@code client}.
   *
   * @param all holds it while the client is connected
   */
  IdleWatch(ClientConnection client, Set<IdleWatch> all, long nowNs) {
    this.client = client;
    this.all = all;
    this.activeNs = nowNs;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    all.add(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    heard = true;
    ctx.fireChannelRead(message);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    all.remove(this);
    ctx.fireChannelInactive();
  }

  /** Closes the client if it has been idle for longer than {@code timeoutNs}. */
  void check(long nowNs, long timeoutNs) {
    long takenNow = client.replies().output().taken();
    if (heard || takenNow != taken || isSpared()) {
      heard = false;
      taken = takenNow;
      activeNs = nowNs;
    } else if (nowNs - activeNs > timeoutNs) {
      client.close(CloseReason.IDLE);
    }
  }

  /** A client that does not take its replies is waited for; it does not wait. */
  private boolean isSpared() {
    Session session = client.session();
    return session.subscriber || session.pipe || (client.isOwed() && client.takesMore());
  }
}
