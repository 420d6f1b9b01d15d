package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.relay.Flushes;
import dev.nearside.proxy.relay.ReplyReader;
import dev.nearside.proxy.telemetry.CloseReason;
import dev.nearside.proxy.telemetry.CommandLabel;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: the {@link Intake} makes requests of its bytes, each is sent its way by the {@link
 * RequestRouter}, and the replies leave in order by the {@link ReplyQueue}. Confined to its event
 * loop; {@link #execute} brings others there.
 *
 * <p>A request that cannot be worked off yet pauses the connection and is looked at again when it
 * is resumed. While paused, no more than {@value #MAX_READ_AHEAD} bytes are read ahead.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter
    implements ReplyReader, Flushes.Sender {
  private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);
  private static final int MAX_READ_AHEAD = 256 * 1024;
  private static final int MAX_GATHERED = 256 * 1024;

  private final Channel channel;
  private final LoopContext context;
  private final Session session;
  private final Output output;
  private final LocalLatency localLatency;
  private final ReplyQueue replies;
  private final Upstream upstream;
  private final Intake intake;
  private final List<Runnable> awaitRoom = new ArrayList<>(0);
  private long nowNs;
  private long countedBytes;
  private boolean paused;
  private boolean processing;
  private boolean resumeWhenDrained;
  private boolean closeWhenDrained;
  private boolean closing;
  private boolean inputEnded;
  private boolean flushScheduled;
  private boolean closed;

  /**
   * Creates the connection of {@code channel}.
   *
   * @param trusted whether the client acts as the sidecar's own user without credentials
   */
  ClientConnection(Channel channel, LoopContext context, boolean trusted) {
    this.channel = channel;
    this.context = context;
    this.nowNs = System.nanoTime();
    ServerPolicy policy = context.policy();
    this.session = new Session(policy.database(), trusted, nowNs, policy, context.grants());
    this.output = new Output(channel);
    this.localLatency = new LocalLatency(context.counters());
    this.replies = new ReplyQueue(output, this::advanced);
    this.upstream = new Upstream(this, session, context);
    this.intake = new Intake(this);
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

  /** Returns whether the client waits: for a reply, or for its next request to be worked off. */
  boolean isOwed() {
    return !replies.isEmpty() || (paused && !closeWhenDrained);
  }

  boolean isOpen() {
    return !closed && !closing;
  }

  @Override
  public boolean isGone() {
    return closed;
  }

  /** Returns whether it owes nothing, is owed nothing, and will go on sending. */
  boolean isIdle() {
    return replies.isEmpty() && !intake.isStreaming() && !paused && !inputEnded && !closed;
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
    intake.add(in);
    nowNs = System.nanoTime();
    process();
    if (paused && intake.unread() > MAX_READ_AHEAD) {
      channel.config().setAutoRead(false);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    flushSoon();
  }

  /** Works off what has been read, until it is used up or the connection is paused. */
  private void process() {
    if (processing) {
      return;
    }
    processing = true;
    try {
      while (hasRoom() && intake.step()) {
        // each step works off one request, or some bytes of a large one
      }
    } finally {
      processing = false;
    }
    intake.releaseIfEmpty();
    if (inputEnded && !closed && channel.isWritable() && (!paused || upstream.isBlocked())) {
      endOfInput();
    }
  }

  /**
   * Returns whether one more request may be worked off; where not, the connection goes on later.
   */
  private boolean hasRoom() {
    if (paused || closed || !channel.isWritable()) {
      return false;
    }
    if (replies.isFull() && !intake.isStreaming()) { // what streams is owed its own reply already
      pauseUntilDrained();
      return false;
    }
    if (output.gathered() >= MAX_GATHERED) {
      flush(); // so that the channel can say when the client takes no more
    }
    return !closed && channel.isWritable();
  }

  /** The client sends no more, and all it sent was worked off; it may still read. */
  private void endOfInput() {
    pause();
    if (!upstream.endInput()) {
      closeWhenWritten();
    }
  }

  /** Answers a request after which no other is read. */
  void answerLast(byte[] reply) {
    if (!closeWhenDrained) {
      PendingReply place = replies.add(new PendingReply(replies));
      closeWhenDrained = true;
      replies.endHere();
      place.append(reply);
      place.complete();
    }
    pause();
  }

  /**
   * Returns the oldest moment that an answer to a read of {@code key} may reflect, which arrived at
   * {@code arrivedNs}: that one, if the read is strict.
   */
  long floorOf(LookupKey key, long arrivedNs) {
    return session.strict ? arrivedNs : context.reads().floorOf(key, arrivedNs, session.floorNs);
  }

  /** Counts a request that was answered without asking anybody; its reply goes out by flush. */
  void answeredLocally(CommandLabel command) {
    localLatency.answered(command, nowNs);
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

  /** Stops working requests off until every reply owed has been written, unless none is. */
  void pauseUntilDrained() {
    if (!replies.owesReplies()) {
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
    workOffLeft();
  }

  /** Works off what was left of earlier reads, at the time that it is now. */
  private void workOffLeft() {
    nowNs = System.nanoTime();
    process();
    flushSoon();
  }

  /** Pauses until L1 is as new as the upstream was at {@code momentNs}, or closed. */
  void pauseForBarrier(Shard shard, long momentNs) {
    pause();
    shard.barrier().await(momentNs, () -> execute(this::resume));
  }

  /** Runs {@code then} on the event loop once L1 has seen everything that has happened so far. */
  void afterBarrier(Runnable then) {
    if (!context.coherence().afterBarriers(() -> execute(then))) {
      then.run();
    }
  }

  /** Replies were written, or none is owed any more. */
  private void advanced() {
    if (closed) {
      return;
    }
    if (replies.keptBytes() > context.policy().maxOutputBytes()) {
      close(CloseReason.UNREAD_REPLIES);
      return;
    }
    flushSoon();
    if (channel.isWritable()) {
      tellRoom();
    }
    if (closeWhenDrained && replies.isAtEnd()) {
      closeWhenFlushed();
    } else if (resumeWhenDrained && !replies.owesReplies()) {
      resumeWhenDrained = false;
      execute(this::resume);
    }
  }

  /** Flushes once, when the loop has worked off what is readable now. */
  void flushSoon() {
    if (!flushScheduled && !processing) {
      flushScheduled = true;
      context.flushes().add(this);
    }
  }

  @Override
  public Channel channel() {
    return channel;
  }

  @Override
  public void flush() {
    flushScheduled = false;
    if (closed) {
      return;
    }
    output.flush();
    localLatency.flushed();
    long bytes = output.bytes();
    if (bytes != countedBytes) {
      context.counters().bytesOut(bytes - countedBytes);
      countedBytes = bytes;
    }
    long most = context.policy().maxOutputBytes();
    if (output.isOver(most) || replies.keptBytes() > most) {
      close(CloseReason.UNREAD_REPLIES);
    }
  }

  /** Closes the connection once every reply owed, and every push that is here, has been written. */
  void closeWhenWritten() {
    closeWhenDrained = true;
    replies.endHere();
    pause();
    advanced();
  }

  /** Flushes, and returns whether the client takes what it is sent. */
  boolean takesMore() {
    flush();
    return closed || channel.isWritable();
  }

  /**
   * Returns whether more of {@code reply} would only be kept in memory: the client has left {@value
   * Listener#UNREAD_BYTES} bytes unread, or as many wait for their turn.
   */
  boolean isFullFor(PendingReply reply) {
    if (closed) {
      return false;
    }
    if (!channel.isWritable()) {
      return !takesMore();
    }
    return replies.keptBytes() >= ReplyQueue.MAX_KEPT && !replies.isFlowing(reply);
  }

  @Override
  public void whenRoom(Runnable then) {
    awaitRoom.add(then);
  }

  @Override
  public void fellBehind() {
    upstream.wantsOwnConnection();
  }

  private void tellRoom() {
    if (!awaitRoom.isEmpty()) {
      List<Runnable> told = List.copyOf(awaitRoom);
      awaitRoom.clear();
      told.forEach(Runnable::run);
    }
  }

  /** Closes the connection at once, for a limit. */
  void close(CloseReason limit) {
    if (channel.isOpen()) {
      context.counters().closed(limit);
      close("limit " + limit);
    }
  }

  /**
   * Closes the connection if its client has authenticated as a user that the sidecar no longer acts
   * as: on a lane it would be another one from now on.
   */
  void closeUnlessUserIs(String user) {
    if (session.saidUser != null && !session.saidUser.equals(user)) {
      close("the sidecar's user is no longer " + session.saidUser);
    }
  }

  /** Closes the connection at once. */
  void close(String why) {
    log.debug("closing a client: {}", why);
    closeWhenDrained = true;
    closing = true;
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
    boolean tlsEnded = event instanceof SslCloseCompletionEvent tls && tls.isSuccess();
    if (tlsEnded || event instanceof ChannelInputShutdownEvent) {
      inputEnded = true;
      workOffLeft();
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closed = true;
    tellRoom();
    intake.close();
    replies.close();
    output.discard();
    upstream.close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    boolean undecoded = cause instanceof DecoderException && cause.getCause() != null;
    if ((undecoded ? cause.getCause() : cause) instanceof java.io.IOException) {
      log.debug("a client's connection failed", cause);
    } else {
      log.error("a client's connection is closed after a fault of ours", cause);
    }
    ctx.close();
  }
}
