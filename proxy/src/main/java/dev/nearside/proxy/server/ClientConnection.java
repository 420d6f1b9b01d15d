package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.resp.RequestParser;
import dev.nearside.proxy.telemetry.CommandLabel;
import dev.nearside.proxy.telemetry.LoopCounters;
import dev.nearside.proxy.telemetry.Way;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: its bytes become requests, each is sent its way by the {@link RequestRouter}, and the
 * replies leave in order. Confined to its event loop; {@link #execute} brings others there.
 *
 * <p>A request that cannot be worked off yet pauses the connection: it stays in the buffer and is
 * looked at again when the connection is resumed. While paused, no more than {@value
 * #MAX_READ_AHEAD} bytes are read ahead.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);
  private static final int STREAM_ABOVE_BYTES = 64 * 1024;
  private static final int MAX_READ_AHEAD = 256 * 1024;
  private static final int MAX_OWED = 4 * 1024;
  private static final int MAX_GATHERED = 256 * 1024;
  private static final int MAX_STALL_MS = 1_000;

  private final Channel channel;
  private final LoopContext context;
  private final Session session;
  private final RequestParser parser;
  private final Output output;
  private final ReplyQueue replies;
  private final Upstream upstream;
  private final RequestRouter router;
  private final Runnable onClose;
  private @Nullable ByteBuf unread;
  private long nowNs;
  private long localSinceNs;
  private int localReplies;
  private long countedBytes;
  private boolean paused;
  private boolean processing;
  private boolean streaming;
  private boolean resumeWhenDrained;
  private boolean closeWhenDrained;
  private boolean closing;
  private boolean inputEnded;
  private @Nullable Runnable waitsForRoom;
  private boolean flushScheduled;
  private boolean closed;

  /**
   * Creates the connection of {@code channel}.
   *
   * @param trusted whether the client acts as the sidecar's own user without credentials
   * @param onClose called once when it is gone
   */
  ClientConnection(Channel channel, LoopContext context, boolean trusted, Runnable onClose) {
    this.channel = channel;
    this.context = context;
    this.onClose = onClose;
    this.nowNs = System.nanoTime();
    ServerPolicy policy = context.policy();
    this.session = new Session(policy.database(), trusted, nowNs, policy.maxStalenessNs());
    this.parser = new RequestParser(policy.maxBulkBytes(), STREAM_ABOVE_BYTES);
    this.output = new Output(channel);
    this.replies = new ReplyQueue(output, this::advanced);
    this.upstream = new Upstream(this, session, context);
    this.router = new RequestRouter(this);
  }

  Session session() {
    return session;
  }

  ReplyQueue replies() {
    return replies;
  }

  Upstream upstream() {
    return upstream;
  }

  LoopContext context() {
    return context;
  }

  /** Returns a moment after the bytes now being worked off had been received. */
  long nowNs() {
    return nowNs;
  }

  boolean isOpen() {
    return !closed;
  }

  /** Runs {@code task} on the event loop of this connection; from any thread. */
  void execute(Runnable task) {
    channel.eventLoop().execute(task);
  }

  /** Runs {@code task} on the event loop of this connection after {@code delay}. */
  ScheduledFuture<?> schedule(Runnable task, Duration delay) {
    return channel.eventLoop().schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    context.counters().bytesIn(in.readableBytes());
    ByteBuf before = unread;
    if (before == null) {
      unread = in;
    } else {
      before.discardSomeReadBytes();
      before.writeBytes(in);
      in.release();
    }
    nowNs = System.nanoTime();
    process();
    ByteBuf rest = unread;
    if (paused && rest != null && rest.readableBytes() > MAX_READ_AHEAD) {
      channel.config().setAutoRead(false);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    context.reads().flush(session.database);
    flush();
  }

  /** Works off what has been read, until it is used up or the connection is paused. */
  private void process() {
    if (processing) {
      return;
    }
    processing = true;
    try {
      while (!paused && !closed && channel.isWritable() && step()) {
        // each step works off one request, or some bytes of a large one
      }
    } finally {
      processing = false;
    }
    ByteBuf rest = unread;
    if (rest != null && !rest.isReadable()) {
      unread = null;
      rest.release();
    }
    if (inputEnded && !paused && !closed && channel.isWritable()) {
      endOfInput();
    }
  }

  /** The client sends no more, and all it sent was worked off; it may still read. */
  private void endOfInput() {
    pause();
    if (!upstream.endInput()) {
      closeWhenWritten();
    }
  }

  private boolean step() {
    ByteBuf in = unread;
    if (in == null || !in.isReadable()) {
      return false;
    }
    if (replies.size() >= MAX_OWED) {
      pauseUntilDrained();
      return false;
    }
    if (output.gathered() >= MAX_GATHERED) {
      flush(); // so that the channel can say when the client takes no more
      return !closed && channel.isWritable();
    }
    return streaming ? stream(in) : parse(in);
  }

  private boolean parse(ByteBuf in) {
    return switch (parser.parse(in)) {
      case NEED_MORE -> false;
      case EMPTY -> {
        parser.consume(in);
        yield true;
      }
      case REQUEST -> {
        boolean taken = router.route(parser.request());
        if (taken) {
          parser.consume(in);
        }
        yield taken;
      }
      case LARGE -> {
        streaming = router.routeLarge(parser.request(), parser.announcedArgCount());
        yield streaming;
      }
      case MALFORMED -> {
        malformed();
        yield false;
      }
    };
  }

  /**
   * Passes on what belongs to a large request. One that turns out malformed goes upstream as it is:
   * the upstream is within that request already, and refuses it in its own words.
   */
  private boolean stream(ByteBuf in) {
    int length = parser.streamable(in);
    if (length < 0) {
      upstream.stream(in, in.readerIndex(), in.readableBytes());
      in.skipBytes(in.readableBytes());
      pause();
      return false;
    }
    boolean more = length == 0 || upstream.stream(in, in.readerIndex(), length);
    in.skipBytes(length);
    if (parser.streamDone()) {
      streaming = false;
    }
    if (!more) {
      pause();
    }
    return length > 0;
  }

  private void malformed() {
    if (!closeWhenDrained) {
      PendingReply reply = replies.add(new PendingReply(replies));
      closeWhenDrained = true;
      reply.append(parser.errorReply());
      reply.complete();
    }
    pause();
  }

  /** Counts a request that was answered without asking anybody; its reply goes out by flush. */
  void answeredLocally(CommandLabel command) {
    context.counters().request(Way.LOCAL, command);
    if (localReplies++ == 0) {
      localSinceNs = nowNs;
    }
  }

  /** One look at the clock for all local replies of a flush. */
  private void countFlushed() {
    LoopCounters counters = context.counters();
    if (localReplies > 0) {
      counters.latency(Way.LOCAL, System.nanoTime() - localSinceNs, localReplies);
      localReplies = 0;
    }
    long bytes = output.bytes();
    if (bytes != countedBytes) {
      counters.bytesOut(bytes - countedBytes);
      countedBytes = bytes;
    }
  }

  /** Adds a whole reply at its place in the order; returns true. */
  boolean answer(byte[] reply) {
    if (replies.isEmpty()) {
      output.buffer(reply.length).writeBytes(reply);
    } else {
      PendingReply place = replies.add(new PendingReply(replies));
      place.append(reply);
      place.complete();
    }
    return true;
  }

  /** Stops working requests off until {@link #resume}. */
  void pause() {
    paused = true;
  }

  /** Stops working requests off until every reply owed has been written. */
  void pauseUntilDrained() {
    if (replies.isEmpty()) {
      return;
    }
    paused = true;
    resumeWhenDrained = true;
  }

  /** Goes on where the connection was paused. */
  void resume() {
    if (!closeWhenDrained) {
      paused = false;
      goOn();
    }
  }

  private void goOn() {
    if (closed || paused) {
      return;
    }
    channel.config().setAutoRead(channel.isWritable());
    nowNs = System.nanoTime();
    process();
    context.reads().flush(session.database);
    flushSoon();
  }

  /** Pauses until L1 is as new as the upstream was at {@code momentNs}, or closed. */
  void pauseForBarrier(Shard shard, long momentNs) {
    pause();
    shard.barrier().await(momentNs, () -> execute(this::resume));
  }

  /** Runs {@code then} on the event loop once L1 has seen everything that has happened so far. */
  void afterBarrier(Runnable then) {
    List<Shard> open = new ArrayList<>(1);
    for (Shard shard : context.coherence().shards()) {
      if (shard.isOpen()) {
        open.add(shard);
      }
    }
    await(open, System.nanoTime(), then);
  }

  private void await(List<Shard> shards, long momentNs, Runnable then) {
    if (shards.isEmpty()) {
      then.run();
      return;
    }
    Shard next = shards.removeFirst();
    next.barrier().await(momentNs, () -> execute(() -> await(shards, momentNs, then)));
  }

  /** Replies were written, or none is owed any more. */
  private void advanced() {
    if (closed) {
      return;
    }
    if (replies.keptBytes() > context.policy().maxOutputBytes()) {
      close("too many unread replies");
      return;
    }
    flushSoon();
    if (!replies.isEmpty()) {
      return;
    }
    if (closeWhenDrained) {
      closeWhenFlushed();
    } else if (resumeWhenDrained) {
      resumeWhenDrained = false;
      execute(this::resume);
    }
  }

  /** Flushes once, when the loop has worked off what is readable now. */
  void flushSoon() {
    if (!flushScheduled && !processing) {
      flushScheduled = true;
      execute(this::flush);
    }
  }

  private void flush() {
    flushScheduled = false;
    if (closed) {
      return;
    }
    output.flush();
    countFlushed();
    if (output.isOver(context.policy().maxOutputBytes())) {
      close("output limit reached");
    }
  }

  /** Closes the connection once every reply owed has been written. */
  void closeWhenWritten() {
    closeWhenDrained = true;
    pause();
    advanced();
  }

  /** Flushes, and returns whether the client takes what it is sent. */
  boolean takesMore() {
    flush();
    return closed || channel.isWritable();
  }

  /**
   * Calls {@code then} when the client takes more or is gone. It shares the lane that waits for it,
   * so a client that takes nothing for {@value #MAX_STALL_MS} ms is closed.
   */
  void whenTakesMore(Runnable then) {
    Runnable before = waitsForRoom;
    if (before != null) {
      waitsForRoom =
          () -> {
            before.run();
            then.run();
          };
      return;
    }
    ScheduledFuture<?> patience =
        schedule(() -> close("too slow for a shared lane"), Duration.ofMillis(MAX_STALL_MS));
    waitsForRoom =
        () -> {
          patience.cancel(false);
          then.run();
        };
  }

  private void tellRoom() {
    Runnable waits = waitsForRoom;
    waitsForRoom = null;
    if (waits != null) {
      waits.run();
    }
  }

  /** Closes the connection at once. */
  void close(String why) {
    log.debug("closing a client: {}", why);
    closeWhenDrained = true;
    pause();
    channel.close();
  }

  /** Closes the connection as soon as the client has taken what was written, not what is owed. */
  void closeWhenFlushed() {
    closeWhenDrained = true;
    pause();
    if (!closing) {
      closing = true;
      flush();
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    boolean writable = channel.isWritable();
    upstream.clientWritable(writable);
    channel.config().setAutoRead(writable);
    if (writable) {
      tellRoom();
      execute(this::goOn);
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      inputEnded = true;
      process();
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed = true;
    tellRoom();
    ByteBuf rest = unread;
    unread = null;
    if (rest != null) {
      rest.release();
    }
    replies.close();
    output.discard();
    upstream.close();
    onClose.run();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof java.io.IOException) {
      log.debug("a client's connection failed", cause);
    } else {
      log.error("a client's connection is closed after a fault of ours", cause);
    }
    ctx.close();
  }
}
