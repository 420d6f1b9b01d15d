package dev.nearside.proxy.relay;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * How sockets are driven: the channel classes that belong together.
 *
 * @param label its name in logs and metrics
 * @param ioHandler makes the loops
 * @param server listens on TCP
 * @param client connects by TCP
 * @param keepAlive how its TCP sockets find a dead peer out
 * @param unixServer listens on a Unix socket, or null where this transport cannot
 */
public record Transport(
    String label,
    IoHandlerFactory ioHandler,
    Class<? extends ServerChannel> server,
    Class<? extends Channel> client,
    KeepAlive keepAlive,
    @Nullable Class<? extends ServerChannel> unixServer) {

  private static final int PAGE_BYTES = 8 * 1024;
  private static final int PAGES_LOG2 = 9;

  /**
   * Where the buffers of clients and relay connections come from. Netty's adaptive allocator, its
   * default, takes a twentieth more CPU for a pipeline of hits.
   */
  public static final ByteBufAllocator BUFFERS =
      new PooledByteBufAllocator(
          true,
          0,
          Runtime.getRuntime().availableProcessors(),
          PAGE_BYTES,
          PAGES_LOG2,
          PooledByteBufAllocator.defaultSmallCacheSize(),
          PooledByteBufAllocator.defaultNormalCacheSize(),
          false);

  /** Java's own selector: works everywhere. */
  public static Transport nio() {
    return new Transport(
        "nio",
        NioIoHandler.newFactory(),
        NioServerSocketChannel.class,
        NioSocketChannel.class,
        KeepAlive.NIO,
        null);
  }

  /**
   * Linux epoll.
   *
   * @throws IllegalStateException when its native library does not load; says why
   */
  public static Transport epoll() {
    if (!Epoll.isAvailable()) {
      throw new IllegalStateException("epoll is not available: " + Epoll.unavailabilityCause());
    }
    return new Transport(
        "epoll",
        EpollIoHandler.newFactory(),
        EpollServerSocketChannel.class,
        EpollSocketChannel.class,
        KeepAlive.epoll(),
        EpollServerDomainSocketChannel.class);
  }

  /**
   * Linux io_uring.
   *
   * @throws IllegalStateException when the kernel or a seccomp profile refuses it; says why
   */
  public static Transport ioUring() {
    if (!IoUring.isAvailable()) {
      throw new IllegalStateException(
          "io_uring is not available: " + IoUring.unavailabilityCause());
    }
    return new Transport(
        "io_uring",
        IoUringIoHandler.newFactory(),
        IoUringServerSocketChannel.class,
        IoUringSocketChannel.class,
        KeepAlive.ioUring(),
        null);
  }

  /** Returns epoll where it loads, else NIO. */
  public static Transport best() {
    return Epoll.isAvailable() ? epoll() : nio();
  }
}
