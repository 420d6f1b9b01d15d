package dev.nearside.proxy.relay;

import dev.nearside.proxy.config.NearsideConfig.Address;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.function.Function;

/**
 * How sockets are driven: the channel classes that belong together.
 *
 * @param label its name in logs and metrics
 * @param ioHandler makes the loops
 * @param tcp its TCP sockets
 * @param unix its Unix sockets
 * @param unixAddress makes what they take of a path
 * @param keepAlive how its TCP sockets find a dead peer out
 */
public record Transport(
    String label,
    IoHandlerFactory ioHandler,
    Family tcp,
    Family unix,
    Function<String, SocketAddress> unixAddress,
    KeepAlive keepAlive) {

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

  /**
   * The sockets of one kind of address.
   *
   * @param server listens there
   * @param client connects there
   */
  public record Family(Class<? extends ServerChannel> server, Class<? extends Channel> client) {}

  /** Java's own selector: works everywhere. */
  public static Transport nio() {
    return new Transport(
        "nio",
        NioIoHandler.newFactory(),
        new Family(NioServerSocketChannel.class, NioSocketChannel.class),
        new Family(NioServerDomainSocketChannel.class, NioDomainSocketChannel.class),
        UnixDomainSocketAddress::of,
        KeepAlive.NIO);
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
        new Family(EpollServerSocketChannel.class, EpollSocketChannel.class),
        new Family(EpollServerDomainSocketChannel.class, EpollDomainSocketChannel.class),
        DomainSocketAddress::new,
        KeepAlive.epoll());
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
        new Family(IoUringServerSocketChannel.class, IoUringSocketChannel.class),
        new Family(IoUringServerDomainSocketChannel.class, IoUringDomainSocketChannel.class),
        DomainSocketAddress::new,
        KeepAlive.ioUring());
  }

  /** Returns epoll where it loads, else NIO. */
  public static Transport best() {
    return Epoll.isAvailable() ? epoll() : nio();
  }

  /** Returns the sockets that suit {@code address}. */
  public Family family(Address address) {
    return address.isUnixSocket() ? unix : tcp;
  }

  /** Returns {@code address} for {@link Family#server}; its host name is looked up now. */
  public SocketAddress toListenOn(Address address) {
    return address.isUnixSocket()
        ? unixAddress.apply(address.host())
        : new InetSocketAddress(address.host(), address.port());
  }

  /** Returns {@code address} for {@link Family#client}, which looks its host name up each time. */
  public SocketAddress toConnectTo(Address address) {
    return address.isUnixSocket()
        ? unixAddress.apply(address.host())
        : InetSocketAddress.createUnresolved(address.host(), address.port());
  }
}
