package dev.nearside.proxy.admin;

import dev.nearside.proxy.config.NearsideConfig.Address;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * The HTTP port. Everything of it runs on one thread of its own, {@code nearside-http}, so that
 * neither a scrape nor whoever attacks the port delays a client of the proxy.
 *
 * <p>Any thread may call its methods except that one. Whoever starts it closes it.
 */
public final class AdminServer implements AutoCloseable {
  private static final long CLOSE_WITHIN_MS = 2_000;

  private final EventLoopGroup loop;
  private final Channel listener;

  private AdminServer(EventLoopGroup loop, Channel listener) {
    this.loop = loop;
    this.listener = listener;
  }

  /**
   * Binds {@code address} and serves until closed.
   *
   * @param address a TCP address; port 0 lets the system choose
   * @throws IOException when the address cannot be bound, with the address and the reason
   * @throws IllegalArgumentException when the address is a Unix socket
   */
  public static AdminServer start(Address address, AdminSources sources, AdminLimits limits)
      throws IOException {
    if (address.isUnixSocket()) {
      throw new IllegalArgumentException("http: " + address + " is no TCP address, use host:port");
    }
    EventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(
            1, new NamedThreads("nearside-http"), NioIoHandler.newFactory());
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childHandler(new AdminPipeline(address.host(), sources, limits));
    ChannelFuture bound = bootstrap.bind(address.host(), address.port()).awaitUninterruptibly();
    Throwable failure = bound.cause();
    if (failure != null) {
      end(loop);
      throw new IOException("cannot listen on " + address + ": " + failure.getMessage(), failure);
    }
    return new AdminServer(loop, bound.channel());
  }

  /** Returns where it listens, with the port that the system chose. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.localAddress();
  }

  /** Stops listening and closes every connection; returns when the thread has ended. */
  @Override
  public void close() {
    end(loop);
  }

  private static void end(EventLoopGroup loop) {
    loop.shutdownGracefully(0, CLOSE_WITHIN_MS, TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }

  /** Gives its one thread the name as it is, without a number. */
  private static final class NamedThreads extends DefaultThreadFactory {
    private final String name;

    NamedThreads(String name) {
      super(name, true);
      this.name = name;
    }

    @Override
    protected Thread newThread(Runnable task, String numbered) {
      return super.newThread(task, name);
    }
  }
}
