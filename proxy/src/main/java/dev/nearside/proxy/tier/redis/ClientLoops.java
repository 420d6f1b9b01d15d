package dev.nearside.proxy.tier.redis;

import io.lettuce.core.resource.EventLoopGroupProvider;
import io.lettuce.core.resource.Transports;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Has Lettuce's connections run on the event loops of the clients, which are their maker's to end:
 * where there is one loop, a reply that ends a client's wait wakes no other thread.
 *
 * <p>What is called back there must not take long, and must not close a connection from within a
 * command that could not be written on it: Lettuce would wait there for itself.
 */
final class ClientLoops implements EventLoopGroupProvider {
  private static final Future<Boolean> DONE =
      ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);

  private final Sockets sockets;

  ClientLoops(Sockets sockets) {
    this.sockets = sockets;
  }

  /** Returns whether Lettuce would make sockets of the kind that run on these loops. */
  static boolean suit(Sockets sockets) {
    return Transports.socketChannelClass().equals(sockets.type());
  }

  @Override
  public <T extends EventLoopGroup> T allocate(Class<T> type) {
    return type.cast(sockets.loops());
  }

  @Override
  public int threadPoolSize() {
    return sockets.threads();
  }

  @Override
  public Future<Boolean> release(
      EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
    return DONE;
  }

  @Override
  public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit unit) {
    return DONE;
  }
}
