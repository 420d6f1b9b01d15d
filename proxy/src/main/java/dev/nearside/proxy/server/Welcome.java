package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.Transport;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.security.TlsServer;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done with a connection before its client is served: it is counted, or turned away; a
 * header of the PROXY protocol is taken off, and TLS begins, where the configuration says so.
 */
@Sharable
final class Welcome extends ChannelInitializer<Channel> {
  private static final Logger log = LoggerFactory.getLogger(Welcome.class);
  private static final long TELL_AGAIN_NS = TimeUnit.SECONDS.toNanos(10);
  private static final byte[] TOO_MANY = Replies.error("ERR max number of clients reached");

  private final Map<EventLoop, LoopContext> contexts;
  private final Map<EventLoop, IdleSweep> sweeps = new HashMap<>();
  private final ServerPolicy policy;
  private final boolean unix;
  private final @Nullable TlsServer tls;
  private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final AtomicInteger connected = new AtomicInteger();
  private final LongAdder accepted;
  private final LongAdder tooMany;
  private final LongAdder refusedByTls;
  private final LongAdder withoutHeader;
  private final AtomicLong toldNs = new AtomicLong(System.nanoTime() - TELL_AGAIN_NS);

  /**
   * Creates the welcome of one listener.
   *
   * @param unix whether clients come by a Unix socket, and so are of this host
   * @param tls what they are met with, or null where they connect in clear
   */
  Welcome(
      Map<EventLoop, LoopContext> contexts,
      ServerPolicy policy,
      boolean unix,
      @Nullable TlsServer tls,
      Metrics metrics) {
    this.contexts = contexts;
    this.policy = policy;
    this.unix = unix;
    this.tls = tls;
    this.accepted = metrics.counter(Metric.CLIENTS_ACCEPTED);
    this.tooMany = metrics.counter(Metric.CLIENTS_REJECTED, "max-clients");
    this.refusedByTls = metrics.counter(Metric.CLIENTS_REJECTED, "tls");
    this.withoutHeader = metrics.counter(Metric.CLIENTS_REJECTED, "proxy-protocol");
    if (policy.idleTimeout().isPositive()) {
      contexts.keySet().forEach(loop -> sweeps.put(loop, IdleSweep.on(loop, policy.idleTimeout())));
    }
  }

  /** Returns how many clients are connected. */
  int connected() {
    return connected.get();
  }

  /** Returns the connections of all clients. */
  ChannelGroup clients() {
    return clients;
  }

  @Override
  protected void initChannel(Channel client) {
    if (connected.incrementAndGet() > policy.maxClients()) {
      connected.decrementAndGet();
      tooMany.increment();
      turnAway(client);
      return;
    }
    client.closeFuture().addListener(closed -> connected.decrementAndGet());
    accepted.increment();
    clients.add(client);
    boolean here = isOfThisHost(client);
    if (policy.proxyProtocol()) {
      client
          .pipeline()
          .addLast(new HAProxyMessageDecoder())
          .addLast(new ProxyHeader(said -> meet(client, here && said), this::noteHeader));
    } else {
      meet(client, here);
    }
  }

  /** As Redis does: by TLS it is not worth a handshake to say why. */
  private void turnAway(Channel client) {
    if (tls != null || policy.proxyProtocol()) {
      client.close();
    } else {
      client
          .writeAndFlush(Unpooled.wrappedBuffer(TOO_MANY))
          .addListener(ChannelFutureListener.CLOSE);
    }
  }

  /**
   * Begins to serve a client.
   *
   * @param here whether it is of this host
   */
  private void meet(Channel client, boolean here) {
    if (tls != null) {
      SslHandler handler = tls.newHandler(Transport.BUFFERS);
      handler.handshakeFuture().addListener(this::noteHandshake);
      client.pipeline().addLast(handler);
    }
    LoopContext context = contexts.get(client.eventLoop());
    if (context == null) {
      throw new IllegalStateException("no context for the loop of " + client);
    }
    ClientConnection connection =
        new ClientConnection(client, context, here || policy.trustNetwork());
    IdleSweep sweep = sweeps.get(client.eventLoop());
    if (sweep != null) {
      client.pipeline().addLast(sweep.watch(connection));
    }
    client.pipeline().addLast(connection);
  }

  /** Who only looks whether the port is open is not counted. */
  private void noteHandshake(Future<? super Channel> handshake) {
    if (handshake.cause() instanceof SSLException refused) {
      refusedByTls.increment();
      tell("the TLS handshake with a client failed", refused.getMessage());
    }
  }

  private void noteHeader(String why) {
    withoutHeader.increment();
    tell("a client did not begin with a header of the PROXY protocol", why);
  }

  private void tell(String what, @Nullable String why) {
    long nowNs = System.nanoTime();
    long beforeNs = toldNs.get();
    if (nowNs - beforeNs >= TELL_AGAIN_NS && toldNs.compareAndSet(beforeNs, nowNs)) {
      log.warn("{}: {}", what, why);
    }
  }

  private boolean isOfThisHost(Channel client) {
    return unix
        || (client.remoteAddress() instanceof InetSocketAddress remote
            && remote.getAddress().isLoopbackAddress());
  }
}
