package dev.nearside.proxy.admin;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that takes too long for what it is at: idle, sending a request, or reading a
 * reply. A byte now and then does not win time: the clock starts once a phase. Event-loop confined.
 */
final class RequestDeadline extends ChannelInboundHandlerAdapter {
  private enum Phase {
    IDLE,
    REQUEST,
    REPLY
  }

  private final AdminLimits limits;
  private Phase phase = Phase.IDLE;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Future<?> expiry;

  RequestDeadline(AdminLimits limits) {
    this.limits = limits;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    enter(Phase.IDLE, limits.idle());
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object bytes) {
    if (phase == Phase.IDLE) {
      enter(Phase.REQUEST, limits.request());
    }
    ctx.fireChannelRead(bytes);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    cancel();
    ctx.fireChannelInactive();
  }

  /** The whole request is there; its reply is being written. */
  void replying() {
    enter(Phase.REPLY, limits.reply());
  }

  /** The reply is written; the next request may come. */
  void idle() {
    enter(Phase.IDLE, limits.idle());
  }

  private void enter(Phase next, Duration within) {
    phase = next;
    cancel();
    ChannelHandlerContext ctx = context;
    if (ctx != null && ctx.channel().isActive()) {
      expiry = ctx.executor().schedule(() -> ctx.close(), within.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void cancel() {
    if (expiry != null) {
      expiry.cancel(false);
      expiry = null;
    }
  }
}
