package dev.nearside.proxy.relay;

import dev.nearside.proxy.resp.ReplyScanner;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One raw connection to the upstream: requests go out as they are, and the replies, found by
 * scanning, go to their sinks in order. Confined to its event loop.
 *
 * <p>Bytes of a reply are handed on as they come, never gathered, except that a reply (or its first
 * {@value #WHOLE_REPLY_BYTES} bytes) is held until it can be shown in one piece: its type and, if
 * it is small, all of it is then seen at once by whoever has to act on it before it is released.
 */
final class UpstreamConnection extends ChannelInboundHandlerAdapter {
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

    /** The socket's buffer has filled up, or room again. */
    void writabilityChanged(boolean writable);

    /** What was readable now has been handed on. */
    void readComplete();
  }

  /** Longer replies may come in several pieces. */
  static final int WHOLE_REPLY_BYTES = 4096;

  private static final Logger log = LoggerFactory.getLogger(UpstreamConnection.class);

  private final Channel channel;
  private final Observer observer;
  private final ReplyScanner scanner = new ReplyScanner();
  private final ArrayDeque<ReplySink> inFlight = new ArrayDeque<>();
  private @Nullable ByteBuf held;
  private int heldScanned;
  private @Nullable ByteBuf out;
  private boolean frameStarted;
  private boolean pushing;
  private boolean open;
  private boolean pipe;
  private boolean flushScheduled;

  private UpstreamConnection(Channel channel, Observer observer) {
    this.channel = channel;
    this.observer = observer;
  }

  /** Connects and greets; the observer hears {@code opened} or {@code failed} later, once. */
  static UpstreamConnection connect(
      EventLoop loop,
      Class<? extends Channel> type,
      UpstreamAddress address,
      Greeting greeting,
      Observer observer) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(type)
            .resolver(HostLookup.INSTANCE)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) address.connectTimeout().toMillis())
            .handler(new ChannelInboundHandlerAdapter());
    ChannelFuture connecting = bootstrap.connect(address.host(), address.port());
    UpstreamConnection connection = new UpstreamConnection(connecting.channel(), observer);
    connecting.addListener(done -> {
      if (done.isSuccess()) {
        connection.channel.pipeline().addLast(connection);
        connection.greet(greeting, address);
      } else {
        // Not in the caller's hands yet where it failed at once, and perhaps on a foreign thread.
        loop.execute(() -> observer.failed(String.valueOf(done.cause().getMessage())));
      }
    });
    return connection;
  }

  private void greet(Greeting greeting, UpstreamAddress address) {
    greeting.send(
        this,
        why -> {
          if (why == null) {
            open = true;
            observer.opened(greeting);
          } else {
            channel.close();
            observer.failed(why);
          }
        });
    flush();
    channel
        .eventLoop()
        .schedule(
            () -> {
              if (!open && channel.isActive()) {
                log.warn("{} did not answer the greeting in time", address);
                channel.close();
              }
            },
            address.connectTimeout().toMillis(),
            java.util.concurrent.TimeUnit.MILLISECONDS);
  }

  /** Copies a request out and awaits its reply; it leaves with the next {@link #flush}. */
  void send(ByteBuf from, int start, int length, ReplySink sink) {
    write(from, start, length);
    inFlight.add(sink);
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
  void expect(ReplySink sink) {
    inFlight.add(sink);
  }

  /** Flushes once, when the loop has worked off what is readable now. */
  void flushSoon() {
    if (!flushScheduled) {
      flushScheduled = true;
      channel.eventLoop().execute(this::flush);
    }
  }

  /** Sends what was written. */
  void flush() {
    flushScheduled = false;
    ByteBuf buffer = out;
    if (buffer != null) {
      out = null;
      channel.writeAndFlush(buffer, channel.voidPromise());
    }
  }

  /** From now on bytes of the upstream are not replies: all go to the observer as pushes. */
  void becomePipe() {
    pipe = true;
  }

  void setAutoRead(boolean on) {
    channel.config().setAutoRead(on);
  }

  boolean isWritable() {
    return channel.isWritable();
  }

  int unanswered() {
    return inFlight.size();
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
    ByteBuf in = (ByteBuf) message;
    int scanned = in.readerIndex();
    ByteBuf before = held;
    if (before != null) {
      scanned = before.readerIndex() + heldScanned;
      held = null;
      before.writeBytes(in);
      in.release();
      in = before;
    }
    try {
      handOn(in, scanned);
    } finally {
      in.release();
    }
  }

  /** Hands on every frame in {@code in}, of which everything before {@code scanned} was scanned. */
  private void handOn(ByteBuf in, int scanned) {
    int start = in.readerIndex();
    int from = scanned;
    int end = in.writerIndex();
    while (start < end) {
      if (pipe) {
        observer.push(in, start, end, true, true);
        return;
      }
      int frameEnd = scanner.scan(in, from, end);
      if (frameEnd == ReplyScanner.MALFORMED) {
        log.error("the upstream sent what is no RESP reply; closing the connection");
        channel.close();
        return;
      }
      if (frameEnd < 0) {
        keepOrPass(in, start, end);
        return;
      }
      deliver(in, start, frameEnd, true);
      start = frameEnd;
      from = frameEnd;
    }
  }

  private void keepOrPass(ByteBuf in, int start, int end) {
    int length = end - start;
    if (frameStarted || length >= WHOLE_REPLY_BYTES) {
      deliver(in, start, end, false);
      return;
    }
    ByteBuf kept = channel.alloc().buffer(WHOLE_REPLY_BYTES * 2);
    kept.writeBytes(in, start, length);
    held = kept;
    heldScanned = length;
  }

  private void deliver(ByteBuf in, int from, int to, boolean last) {
    boolean first = !frameStarted;
    frameStarted = !last;
    ReplySink sink = inFlight.peek();
    if (first) {
      pushing = sink == null || observer.isPush(scanner.type(), in, from, to);
    }
    if (pushing || sink == null) {
      observer.push(in, from, to, first, last);
      return;
    }
    try {
      sink.reply(in, from, to, first, last);
    } catch (RuntimeException | OutOfMemoryError e) { // of one client, on a connection of many
      log.error("a reply could not be handed on; its client is closed", e);
      inFlight.poll();
      inFlight.addFirst(new Abandoned());
      sink.lost();
      sink = Objects.requireNonNull(inFlight.peek());
    }
    if (last && !sink.expectsMore()) {
      inFlight.poll();
    } else if (sink.isFull()) {
      setAutoRead(false);
      sink.whenRoom(() -> setAutoRead(true));
    }
  }

  /** Takes the rest of a reply whose client was closed. */
  private static final class Abandoned implements ReplySink {
    @Override
    public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {}

    @Override
    public void lost() {}

    @Override
    public void refused(Reason reason) {}
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
    ByteBuf kept = held;
    held = null;
    if (kept != null) {
      kept.release();
    }
    ByteBuf unsent = out;
    out = null;
    if (unsent != null) {
      unsent.release();
    }
    boolean wasOpen = open;
    open = false;
    for (ReplySink sink = inFlight.poll(); sink != null; sink = inFlight.poll()) {
      sink.lost();
    }
    if (wasOpen) {
      observer.closed();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("upstream connection failed", cause);
    ctx.close();
  }
}
