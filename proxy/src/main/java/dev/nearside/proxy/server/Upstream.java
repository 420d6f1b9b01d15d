package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.command.Way;
import dev.nearside.proxy.relay.Lane;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.relay.PinnedConnection;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's side of the upstream: the lanes it shares, or the connection it is pinned to.
 * Confined to the client's event loop.
 */
final class Upstream implements PinnedConnection.Owner {
  private static final Logger log = LoggerFactory.getLogger(Upstream.class);
  private static final int READ_COUNTERS = 32;

  private final ClientConnection client;
  private final Session session;
  private final LoopContext context;
  private final Touches touches;
  private final Subscriptions subscriptions = new Subscriptions();
  private @Nullable PinnedConnection pinned;
  private @Nullable String pinFailure;
  private @Nullable PendingReply push;
  private LaneKey.Kind lastKind = LaneKey.Kind.COMMANDS;
  private final short[] reading = new short[READ_COUNTERS];
  private int outstanding;
  private int ordering;
  private boolean full;
  private boolean leasesBroken;

  Upstream(ClientConnection client, Session session, LoopContext context) {
    this.client = client;
    this.session = session;
    this.context = context;
    this.touches = new Touches(session, context.coherence());
  }

  /** Returns how many relayed requests are unanswered. */
  int outstanding() {
    return outstanding;
  }

  /** Returns whether a read may not be executed before what is under way has been. */
  boolean ordersReads() {
    return ordering > 0 || (pinned != null && outstanding > 0);
  }

  /**
   * Returns whether a relayed command of this client that names a key with this hash, or a stranger
   * on its counter, is unanswered: a local read now could show an older state than its reply.
   */
  boolean isReading(int keyHash) {
    return outstanding > 0 && reading[keyHash & READ_COUNTERS - 1] != 0;
  }

  boolean isPinned() {
    return pinned != null;
  }

  /** Returns the way of what is relayed now. */
  dev.nearside.proxy.telemetry.Way way() {
    return pinned != null
        ? dev.nearside.proxy.telemetry.Way.PINNED
        : dev.nearside.proxy.telemetry.Way.RELAY;
  }

  /** Counts a read that was sent by {@link #send} with a sink of its own. */
  void readStarted() {
    outstanding++;
  }

  /** The read counted by {@link #readStarted} has ended. */
  void readEnded() {
    outstanding--;
  }

  /** Sends a whole request on the client's way. */
  void send(ByteBuf from, int start, int length, ReplySink sink) {
    PinnedConnection own = pinned;
    if (own != null) {
      own.send(from, start, length, sink);
    } else {
      lane(LaneKey.Kind.COMMANDS).send(from, start, length, sink);
    }
  }

  /** Returns the client's lane of {@code kind}. */
  Lane lane(LaneKey.Kind kind) {
    return context.lanes().lane(new LaneKey(session.protocol, session.database, kind));
  }

  /**
   * Pins the client, unless it is pinned and open already.
   *
   * @return whether a request may be relayed now; false: the client was paused and goes on later,
   *     or {@link #takePinFailure} says why it cannot be
   */
  boolean isPinnedAndOpen() {
    PinnedConnection own = pinned;
    if (pinFailure != null) {
      return false;
    }
    if (own == null) {
      if (!client.replies().isEmpty()) {
        client.pauseUntilDrained();
        return false;
      }
      context.counters().pinned();
      pinned = context.lanes().pin(session.protocol, session.database, session.replayed(), this);
      client.pause();
      return false;
    }
    return own.isOpen();
  }

  /** Returns and forgets why the client could not be pinned, or null if nothing failed. */
  @Nullable String takePinFailure() {
    String failure = pinFailure;
    pinFailure = null;
    return failure;
  }

  /**
   * Deletes the leases of what a pinned client is about to write, on a lane and in the sidecar's
   * own name: on its own connection the deletions could be queued in a transaction, go unanswered,
   * or not be allowed to its user. What cannot be deleted closes the client: its write must not
   * overtake.
   *
   * @param argCount how many arguments the request will have
   * @return whether the request may be forwarded now; false: the client goes on later
   */
  boolean areLeasesBroken(Command command, Request request, int argCount) {
    if (leasesBroken) {
      leasesBroken = false;
      return true;
    }
    List<ByteBuf> deletions = new ArrayList<>(0);
    touches.leasesOf(
        touches.writtenBy(command, request, argCount), context.reads(), deletions::add);
    if (deletions.isEmpty()) {
      return true;
    }
    client.pause();
    LeaseDeletion last = new LeaseDeletion(client, deletions.size(), () -> leasesBroken = true);
    for (ByteBuf deletion : deletions) {
      lane(LaneKey.Kind.COMMANDS).send(deletion, 0, deletion.readableBytes(), last);
    }
    return false;
  }

  /** Gives the pinned connection up without a word to the client: after RESET. */
  void unpin() {
    PinnedConnection own = pinned;
    pinned = null;
    subscriptions.clear();
    if (own != null) {
      own.close();
    }
  }

  /**
   * The client sends no more. On a connection of its own the upstream is told so, and decides as
   * for a client of its own: what waits there for data must not take it any more.
   *
   * @return whether there is one, whose end is then the client's
   */
  boolean endInput() {
    PinnedConnection own = pinned;
    if (own == null) {
      return false;
    }
    own.endInput();
    return true;
  }

  /** Relays {@code request}; its reply takes the next place in the order. */
  void relay(Command command, Request request) {
    Touch touch = touches.of(command, request);
    touches.note(command, request.argCount());
    if (touch != null) {
      if (pinned == null) {
        breakLeases(touch);
      }
      touch.forwarded();
    }
    context.counters().request(way(), command.label());
    if (session.pipe) {
      relayByPipe(request, touch);
      return;
    }
    PinnedConnection own = pinned;
    if (own != null && touches.endsReplies(command, request)) {
      session.pipe = true;
      own.becomePipe();
      relayByPipe(request, touch);
      return;
    }
    RelayedReply reply = replyTo(command, request, request.argCount(), touch);
    track(reply);
    if (own != null) {
      own.send(request.buffer(), request.start(), request.length(), reply);
      return;
    }
    lastKind = kind(command);
    lane(lastKind).send(request.buffer(), request.start(), request.length(), reply);
  }

  /** Returns whether {@code command} could overtake, or be overtaken, on a lane of another kind. */
  boolean changesLane(Command command) {
    return pinned == null && outstanding > 0 && kind(command) != lastKind;
  }

  /** Returns whether the upstream takes {@code command} without more being kept in memory. */
  boolean isWritable(Command command) {
    PinnedConnection own = pinned;
    return own != null ? own.isWritable() : lane(kind(command)).isWritable();
  }

  private static LaneKey.Kind kind(Command command) {
    return command.way() == Way.BULK_LANE ? LaneKey.Kind.BULK : LaneKey.Kind.COMMANDS;
  }

  private void relayByPipe(Request request, @Nullable Touch touch) {
    PinnedConnection own = pinned;
    if (own != null) {
      own.write(request.buffer(), request.start(), request.length());
    }
    if (touch != null) {
      touch.lost();
    }
  }

  /** Begins a request whose bytes follow by {@link #stream}; the client is pinned. */
  void relayLarge(Command command, Request head, int announcedArgs) {
    PinnedConnection own = java.util.Objects.requireNonNull(pinned);
    Touch touch = touches.ofLarge(command, head, announcedArgs);
    touches.note(command, announcedArgs);
    if (touch != null) {
      touch.forwarded();
    }
    context.counters().request(way(), command.label());
    RelayedReply reply = replyTo(command, head, announcedArgs, touch);
    track(reply);
    own.expect(reply);
  }

  /**
   * Passes bytes of a large request on.
   *
   * @return whether the upstream takes more now
   */
  boolean stream(ByteBuf in, int start, int length) {
    PinnedConnection own = java.util.Objects.requireNonNull(pinned);
    own.write(in, start, length);
    full = !own.isWritable();
    return !full;
  }

  private void track(RelayedReply reply) {
    client.replies().add(reply);
    outstanding++;
    countReads(reply, 1);
    if (reply.orders()) {
      ordering++;
    }
  }

  private RelayedReply replyTo(
      Command command, Request request, int argCount, @Nullable Touch touch) {
    ConnectionEffect effect = command.connectionEffect();
    return switch (effect) {
      case SUBSCRIBE, UNSUBSCRIBE ->
          session.transaction == null
              ? new SubscriptionReply(client, subscriptions, command, argCount)
              : RelayedReply.to(client, command, request, touch);
      case HELLO, AUTH, SELECT, RESET -> new StateReply(client, effect, request);
      default -> RelayedReply.to(client, command, request, touch);
    };
  }

  /** A reply tracked here is complete. */
  void completed(RelayedReply reply) {
    outstanding--;
    countReads(reply, -1);
    if (reply.orders()) {
      ordering--;
    }
  }

  private void countReads(RelayedReply reply, int change) {
    for (LookupKey key : reply.keysRead()) {
      reading[key.hashCode() & READ_COUNTERS - 1] += (short) change;
    }
  }

  /** Deletes the leases of keys that are about to be written, on the same lane just before. */
  private void breakLeases(Touch touch) {
    touches.leasesOf(
        touch.writtenKeys(),
        context.reads(),
        deletion -> send(deletion, 0, deletion.readableBytes(), Discard.SILENTLY));
  }

  @Override
  public void pinnedOpened() {
    client.resume();
  }

  @Override
  public void pinnedFailed(String why) {
    pinned = null;
    pinFailure = why;
    client.resume();
  }

  @Override
  public void pinnedClosed() {
    if (pinned != null) {
      client.closeWhenWritten();
    }
  }

  @Override
  public boolean isPush(byte type, ByteBuf in, int from, int to) {
    return switch (type) {
      case '>' -> !subscriptions.isConfirmation(in, from, to);
      case '*' ->
          session.protocol == 2 && session.subscriber && subscriptions.isMessage(in, from, to);
      default -> false;
    };
  }

  @Override
  public void pushed(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (session.pipe) {
      client.replies().output().write(in, from, to);
      client.flushSoon();
      return;
    }
    PendingReply current = push;
    if (current == null) {
      current = new PushedReply(client);
      push = current;
      client.replies().addBeforeAwaited(current);
    }
    current.keep(in, from, to);
    if (last) {
      push = null;
      client.afterBarrier(current::complete);
    }
  }

  @Override
  public void pinnedWritable(boolean writable) {
    if (writable && full) {
      full = false;
      client.resume();
    }
  }

  @Override
  public void pinnedReadComplete() {
    client.flushSoon();
  }

  /** The client takes no more bytes for now, or again. */
  void clientWritable(boolean writable) {
    PinnedConnection own = pinned;
    if (own != null) {
      own.read(writable);
    }
  }

  /** The client is gone. */
  void close() {
    PinnedConnection own = pinned;
    pinned = null;
    if (own != null) {
      own.close();
    }
  }

  /** Returns the error for a client that could not be pinned. */
  static byte[] unavailable(String why) {
    log.debug("a client could not be given a connection of its own: {}", why);
    return RelayedReply.unavailable(Reason.DISCONNECTED);
  }
}
