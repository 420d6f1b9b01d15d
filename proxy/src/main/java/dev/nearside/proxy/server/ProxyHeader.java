package dev.nearside.proxy.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the header of the PROXY protocol, which the decoder before it reads, and hands the
 * client on behind it; closes one that sends another thing, or nothing in time.
 */
final class ProxyHeader extends ChannelInboundHandlerAdapter {
  private static final long PATIENCE_S = 10;

  private final Consumer<Boolean> next;
  private final Consumer<String> missing;
  private @Nullable Future<?> timeout;
  private boolean refused;

  /**
   * Creates one for a connection.
   *
   * @param next is told whether the header lets its client be of this host, and puts further
   *     handlers behind this; what a header says can take trust away and not give it, since anybody
   *     could write one
   * @param missing is told why there is no header
   */
  ProxyHeader(Consumer<Boolean> next, Consumer<String> missing) {
    this.next = next;
    this.missing = missing;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    timeout =
        ctx.executor()
            .schedule(
                () -> refuse(ctx, "nothing like one came within " + PATIENCE_S + " s"),
                PATIENCE_S,
                TimeUnit.SECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (timeout != null) {
      timeout.cancel(false);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HAProxyMessage header) {
      boolean here = isOfThisHost(header);
      header.release();
      next.accept(here);
      ctx.pipeline().remove(this); // what came with the header follows to who is there now
    } else {
      ctx.fireChannelRead(message);
    }
  }

  /** Whoever only looks whether the port is open is not waited for. */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      ctx.close();
    }
    ctx.fireUserEventTriggered(event);
  }

  /** The balancer's own checks are LOCAL; a client that it cannot describe may be anybody. */
  private static boolean isOfThisHost(HAProxyMessage header) {
    if (header.command() == HAProxyCommand.LOCAL) {
      return true;
    }
    String source = header.sourceAddress();
    InetAddress address =
        source == null ? null : NetUtil.createInetAddressFromIpAddressString(source);
    return address != null && address.isLoopbackAddress();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof HAProxyProtocolException) {
      refuse(ctx, String.valueOf(cause.getMessage()));
    } else {
      ctx.close();
    }
  }

  /** The decoder says it again of what is left when the connection ends. */
  private void refuse(ChannelHandlerContext ctx, String why) {
    if (!refused) {
      refused = true;
      missing.accept(why);
      ctx.close();
    }
  }
}
