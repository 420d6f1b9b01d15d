package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.Transport;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Accepts clients, on TCP or a Unix socket, and lets them go again. Thread-safe.
 *
 * <p>Beyond {@code maxClients} a client is told so in Redis's words and closed, as Redis does. The
 * file of a Unix socket is taken over from a dead process, never from a living one; Netty removes
 * it when accepting stops.
 */
public final class Listener implements AutoCloseable {
  private static final byte[] TOO_MANY = Replies.error("ERR max number of clients reached");

  /** Replies a client may leave unread before no more are read for it. */
  static final int UNREAD_BYTES = 1024 * 1024;

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(UNREAD_BYTES / 4, UNREAD_BYTES);

  private final Map<EventLoop, LoopContext> contexts;
  private final Map<EventLoop, IdleSweep> sweeps = new HashMap<>();
  private final ServerPolicy policy;
  private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final AtomicInteger connected = new AtomicInteger();
  private final LongAdder accepted;
  private final LongAdder rejected;
  private final Channel channel;

  private Listener(
      Map<EventLoop, LoopContext> contexts,
      ServerPolicy policy,
      EventLoopGroup loops,
      Transport transport,
      SocketAddress address,
      Metrics metrics) {
    this.contexts = contexts;
    this.policy = policy;
    this.accepted = metrics.counter(Metric.CLIENTS_ACCEPTED);
    this.rejected = metrics.counter(Metric.CLIENTS_REJECTED, "max-clients");
    if (policy.idleTimeout().isPositive()) {
      contexts.keySet().forEach(loop -> sweeps.put(loop, IdleSweep.on(loop, policy.idleTimeout())));
    }
    boolean unix = address instanceof DomainSocketAddress;
    if (unix && transport.unixServer() == null) {
      throw new IllegalStateException(
          "a Unix socket needs the epoll transport; this one is " + transport.label());
    }
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(unix ? transport.unixServer() : transport.server())
            .childOption(ChannelOption.ALLOCATOR, Transport.BUFFERS)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(new Welcome());
    if (!unix) {
      bootstrap
          .option(ChannelOption.SO_REUSEADDR, true)
          .option(ChannelOption.SO_BACKLOG, 4096)
          .childOption(ChannelOption.TCP_NODELAY, true);
      transport.keepAlive().accept(bootstrap, policy.keepAliveSeconds());
    }
    if (address instanceof DomainSocketAddress socket) {
      StaleSocket.clear(Path.of(socket.path()));
    }
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IllegalStateException(
          "cannot listen on " + address + ": " + bound.cause().getMessage(), bound.cause());
    }
    channel = bound.channel();
    if (address instanceof DomainSocketAddress socket && policy.socketMode() != 0) {
      restrict(Path.of(socket.path()), policy.socketMode());
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
   * @throws IllegalStateException when the address cannot be bound; says why
   */
  public static Listener listen(
      Map<EventLoop, LoopContext> contexts,
      ServerPolicy policy,
      EventLoopGroup loops,
      Transport transport,
      SocketAddress address,
      Metrics metrics) {
    return new Listener(contexts, policy, loops, transport, address, metrics);
  }

  /** Returns the address listened on, with the port the system chose. */
  public SocketAddress address() {
    return channel.localAddress();
  }

  /** Returns how many clients are connected. */
  public int clients() {
    return connected.get();
  }

  /**
   * Stops accepting, lets every client have the replies it is owed, and closes it; after {@code
   * grace} closes whoever is left.
   */
  public void drain(Duration grace) {
    channel.close().awaitUninterruptibly();
    for (Channel client : clients) {
      client.eventLoop().execute(() -> finish(client));
    }
    clients.newCloseFuture().awaitUninterruptibly(grace.toMillis());
    close();
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
    clients.close().awaitUninterruptibly();
  }

  private final class Welcome extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel client) {
      if (connected.incrementAndGet() > policy.maxClients()) {
        rejected.increment();
        connected.decrementAndGet();
        client
            .writeAndFlush(Unpooled.wrappedBuffer(TOO_MANY))
            .addListener(ChannelFutureListener.CLOSE);
        return;
      }
      accepted.increment();
      clients.add(client);
      LoopContext context = contexts.get(client.eventLoop());
      if (context == null) {
        throw new IllegalStateException("no context for the loop of " + client);
      }
      ClientConnection connection =
          new ClientConnection(client, context, isTrusted(client), connected::decrementAndGet);
      IdleSweep sweep = sweeps.get(client.eventLoop());
      if (sweep != null) {
        client.pipeline().addLast(sweep.watch(connection));
      }
      client.pipeline().addLast(connection);
    }

    private boolean isTrusted(Channel client) {
      return policy.trustNetwork()
          || !(client.remoteAddress() instanceof InetSocketAddress remote)
          || remote.getAddress().isLoopbackAddress();
    }
  }
}
