package dev.nearside.proxy.relay;

import dev.nearside.proxy.security.TlsRefusal;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One raw connection to the upstream: requests go out as they are, and the replies go to their
 * sinks in order. Confined to its event loop.
 *
 * <p>A reader that does not keep up stops the connection from being read, while nobody else waits
 * for replies of it. Where others do, it is read on, so that the reader's own limit decides; and
 * its observer is told, to let nobody else begin to wait.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter
    implements AwaitedReplies.Connection, Flushes.Sender {
  /** What happens to the connection; called on its event loop. */
  interface Observer {
    /** The greeting was answered: requests may be sent. */
    void opened(Greeting greeting);

    /** It could not be made, or the greeting was refused. Nothing was sent. */
    void failed(String why);

    /** It ended after it had been open; the sinks of what was under way have been told. */
    void closed();

    /**
     * Says whether a frame is no reply to any request; asked with its first bytes.
     *
     * @param type the frame's first byte
     */
    boolean isPush(byte type, ByteBuf in, int from, int to);

    /** Out-of-band bytes: a push, or in pipe mode anything. */
    void push(ByteBuf in, int from, int to, boolean first, boolean last);

    /** What it has to hand on may take long: nobody else should begin to wait for it. */
    void busy();

    /** It was retired, and owes nothing any more: to be {@link #revive}d, or closed. */
    void settled();

    /** The upstream no longer speaks RESP; returns whether its bytes are passed on as they are. */
    boolean becomesPipe();

    /** The socket's buffer has filled up, or room again. */
    void writabilityChanged(boolean writable);

    /** What was readable now has been handed on. */
    void readComplete();
  }

  private static final Logger log = LoggerFactory.getLogger(UpstreamConnection.class);

  private final Channel channel;
  private final SocketAddress remote;
  private final Flushes flushes;
  private final Observer observer;
  private final AwaitedReplies awaited = new AwaitedReplies(this);
  private @Nullable ByteBuf out;
  private @Nullable String broken;
  private boolean open;
  private boolean retired;
  private @Nullable ReplyReader stoppedFor;
  private boolean flushScheduled;

  private UpstreamConnection(
      Channel channel, SocketAddress remote, Flushes flushes, Observer observer) {
    this.channel = channel;
    this.remote = remote;
    this.flushes = flushes;
    this.observer = observer;
  }

  /**
   * Connects and greets; the observer hears {@code opened} or {@code failed} later, once.
   *
   * @param link its place is known; its pace has let this try in, and is told how it went
   */
  static UpstreamConnection connect(
      Flushes flushes, UpstreamLink link, Greeting greeting, Observer observer) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(flushes.loop())
            .channel(link.channelType())
            .resolver(HostLookup.INSTANCE)
            .option(ChannelOption.ALLOCATOR, Transport.BUFFERS)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) link.connectTimeout().toMillis())
            .handler(new ChannelInboundHandlerAdapter());
    SocketAddress remote = link.remote();
    if (remote instanceof InetSocketAddress) {
      bootstrap.option(ChannelOption.TCP_NODELAY, true).option(ChannelOption.SO_KEEPALIVE, true);
    }
    ChannelFuture connecting = bootstrap.connect(remote);
    UpstreamConnection connection =
        new UpstreamConnection(connecting.channel(), remote, flushes, observer);
    connecting.addListener(done -> {
      if (done.isSuccess()) {
        SslHandler tls = link.newTls(Transport.BUFFERS, remote);
        if (tls != null) {
          tls.setHandshakeTimeoutMillis(link.connectTimeout().toMillis());
          connection.channel.pipeline().addLast(tls);
        }
        connection.channel.pipeline().addLast(connection);
        connection.greet(greeting, link);
      } else {
        connection.noteFailure(link);
        // Not in the caller's hands yet where it failed at once, and perhaps on a foreign thread.
        flushes.loop().execute(() -> observer.failed(String.valueOf(done.cause().getMessage())));
      }
    });
    return connection;
  }

  private void greet(Greeting greeting, UpstreamLink link) {
    greeting.send(
        this,
        why -> {
          if (why == null || greeting.wasAnswered()) {
            link.pace().succeeded();
          } else {
            noteFailure(link);
          }
          if (why == null) {
            open = true;
            observer.opened(greeting);
          } else {
            channel.close();
            observer.failed(broken == null ? why : broken);
          }
        });
    flush();
    channel
        .eventLoop()
        .schedule(
            () -> {
              if (!open && channel.isActive()) {
                log.warn("{} did not answer the greeting in time", link);
                channel.close();
              }
            },
            link.connectTimeout().toMillis(),
            java.util.concurrent.TimeUnit.MILLISECONDS);
  }

  /** Returns whether the upstream was elsewhere when it was made. */
  boolean isElsewhere(UpstreamLink link) {
    return !remote.equals(link.remote());
  }

  /** That it cannot be had where the upstream no longer is says nothing of where it is. */
  private void noteFailure(UpstreamLink link) {
    if (!isElsewhere(link)) {
      link.pace().failed(System.nanoTime());
    }
  }

  /** Copies a request out and awaits its reply; it leaves with the next {@link #flush}. */
  void send(ByteBuf from, int start, int length, ReplySink sink) {
    write(from, start, length);
    expect(sink);
  }

  /** Copies bytes out that have, or will have, their sink already. */
  void write(ByteBuf from, int start, int length) {
    ByteBuf buffer = out;
    if (buffer == null) {
      buffer = channel.alloc().buffer(Math.max(1024, length));
      out = buffer;
    }
    buffer.writeBytes(from, start, length);
  }

  /** Awaits a reply for bytes that go out by {@link #write}. */
  @SuppressWarnings("ReferenceEquality") // the very reader
  void expect(ReplySink sink) {
    awaited.add(sink);
    if (stoppedFor != null && stoppedFor != sink.reader()) {
      stoppedFor = null;
      setAutoRead(true); // somebody else waits now
    }
  }

  /** Flushes once, when the loop has worked off what is readable now. */
  void flushSoon() {
    if (!flushScheduled) {
      flushScheduled = true;
      flushes.add(this);
    }
  }

  @Override
  public Channel channel() {
    return channel;
  }

  @Override
  public void flush() {
    flushScheduled = false;
    ByteBuf buffer = out;
    if (buffer != null) {
      out = null;
      channel.writeAndFlush(buffer, channel.voidPromise());
    }
  }

  /** From now on bytes of the upstream are not replies: all go to the observer as pushes. */
  void becomePipe() {
    awaited.becomePipe();
  }

  /** Nothing more will be sent until {@link #revive}. */
  void retire() {
    retired = true;
  }

  /** Takes requests again. */
  void revive() {
    retired = false;
  }

  void setAutoRead(boolean on) {
    channel.config().setAutoRead(on);
  }

  /** Returns whether every reply has come. */
  boolean owesNothing() {
    return awaited.isEmpty();
  }

  boolean isWritable() {
    return channel.isWritable();
  }

  /** Sends what was written, and then the end of the stream. */
  void endInput() {
    flush();
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(sent -> {
          if (channel instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
          }
        });
  }

  void close() {
    channel.close();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    awaited.received((ByteBuf) message, channel.alloc());
    if (retired && awaited.isEmpty() && channel.isActive()) {
      observer.settled();
    }
  }

  @Override
  public boolean isPush(byte type, ByteBuf in, int from, int to) {
    return observer.isPush(type, in, from, to);
  }

  @Override
  public void push(ByteBuf in, int from, int to, boolean first, boolean last) {
    observer.push(in, from, to, first, last);
  }

  @Override
  public boolean passesMalformed() {
    if (observer.becomesPipe()) {
      return true;
    }
    log.error("the upstream sent what is no RESP reply; closing the connection");
    channel.close();
    return false;
  }

  @Override
  public void longReply() {
    observer.busy();
  }

  @Override
  public void crowded(ReplyReader reader, boolean alone) {
    observer.busy();
    reader.fellBehind();
    if (alone && stoppedFor == null) {
      stoppedFor = reader;
      setAutoRead(false);
      reader.whenRoom(() -> roomFor(reader));
    }
  }

  @SuppressWarnings("ReferenceEquality") // the very reader
  private void roomFor(ReplyReader reader) {
    if (stoppedFor != reader) {
      return; // it is read, for the sake of others
    }
    stoppedFor = null;
    if (retired && reader.isGone()) {
      channel.close(); // the rest was for it alone
    } else {
      setAutoRead(true);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    observer.readComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    observer.writabilityChanged(channel.isWritable());
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ByteBuf unsent = out;
    out = null;
    if (unsent != null) {
      unsent.release();
    }
    boolean wasOpen = open;
    open = false;
    awaited.lost();
    if (wasOpen) {
      observer.closed();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
      noteBroken(handshake.cause());
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("upstream connection failed", cause);
    noteBroken(cause instanceof DecoderException ? cause.getCause() : cause);
    ctx.close();
  }

  /** A certificate that the server misses it asks for behind the handshake. */
  private void noteBroken(@Nullable Throwable cause) {
    if (broken == null && cause instanceof SSLException) {
      broken = TlsRefusal.words(cause);
    }
  }
}
