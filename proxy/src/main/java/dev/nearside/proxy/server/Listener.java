package dev.nearside.proxy.server;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.relay.Transport;
import dev.nearside.proxy.security.TlsServer;
import dev.nearside.proxy.telemetry.Metrics;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Accepts clients, on TCP or a Unix socket, and lets them go again. Thread-safe.
 *
 * <p>Beyond {@code maxClients} a client is told so in Redis's words and closed, as Redis does. The
 * file of a Unix socket is taken over from a dead process, never from a living one; Netty removes
 * it when accepting stops.
 */
public final class Listener implements AutoCloseable {
  /** Replies a client may leave unread before no more are read for it. */
  static final int UNREAD_BYTES = 1024 * 1024;

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(UNREAD_BYTES / 4, UNREAD_BYTES);

  private final Welcome welcome;
  private final Channel channel;

  private Listener(
      Map<EventLoop, LoopContext> contexts,
      ServerPolicy policy,
      EventLoopGroup loops,
      Transport transport,
      Address address,
      @Nullable TlsServer tls,
      Metrics metrics) {
    welcome = new Welcome(contexts, policy, address.isUnixSocket(), tls, metrics);
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.family(address).server())
            .childOption(ChannelOption.ALLOCATOR, Transport.BUFFERS)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(welcome);
    if (address.isUnixSocket()) {
      StaleSocket.clear(Path.of(address.host()));
    } else {
      bootstrap
          .option(ChannelOption.SO_REUSEADDR, true)
          .option(ChannelOption.SO_BACKLOG, 4096)
          .childOption(ChannelOption.TCP_NODELAY, true);
      transport.keepAlive().accept(bootstrap, policy.keepAliveSeconds());
    }
    ChannelFuture bound = bootstrap.bind(transport.toListenOn(address)).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IllegalStateException(
          "cannot listen on " + address + ": " + bound.cause().getMessage(), bound.cause());
    }
    channel = bound.channel();
    if (address.isUnixSocket() && policy.socketMode() != 0) {
      restrict(Path.of(address.host()), policy.socketMode());
    }
  }

  /** As in Redis there is a moment between the two in which the umask alone counts. */
  private void restrict(Path path, int mode) {
    try {
      SocketMode.set(path, mode);
    } catch (IOException e) {
      close();
      throw new IllegalStateException("cannot set the mode of " + path, e);
    }
  }

  /**
   * Listens.
   *
   * @param contexts the context of each loop of {@code loops}
   * @param tls what clients are met with, or null where they connect in clear
   * @throws IllegalStateException when the address cannot be bound; says why
   */
  public static Listener listen(
      Map<EventLoop, LoopContext> contexts,
      ServerPolicy policy,
      EventLoopGroup loops,
      Transport transport,
      Address address,
      @Nullable TlsServer tls,
      Metrics metrics) {
    return new Listener(contexts, policy, loops, transport, address, tls, metrics);
  }

  /** Returns the address listened on, with the port the system chose. */
  public SocketAddress address() {
    return channel.localAddress();
  }

  /** Returns how many clients are connected. */
  public int clients() {
    return welcome.connected();
  }

  /**
   * Stops accepting, lets every client have the replies it is owed, and closes it; after {@code
   * grace} closes whoever is left.
   */
  public void drain(Duration grace) {
    channel.close().awaitUninterruptibly();
    for (Channel client : welcome.clients()) {
      client.eventLoop().execute(() -> finish(client));
    }
    welcome.clients().newCloseFuture().awaitUninterruptibly(grace.toMillis());
    close();
  }

  /**
   * The sidecar acts as {@code user} from now on: who said to be its user before is closed. On
   * {@code loop}, about its clients.
   */
  public void userChanged(EventLoop loop, String user) {
    for (Channel client : welcome.clients()) {
      ClientConnection connection = client.pipeline().get(ClientConnection.class);
      if (connection != null && client.eventLoop().equals(loop)) {
        connection.closeUnlessUserIs(user);
      }
    }
  }

  private static void finish(Channel client) {
    ClientConnection connection = client.pipeline().get(ClientConnection.class);
    if (connection == null) {
      client.close();
    } else {
      connection.closeWhenWritten();
    }
  }

  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
    welcome.clients().close().awaitUninterruptibly();
  }
}
