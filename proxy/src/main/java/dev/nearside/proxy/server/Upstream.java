package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.relay.Lane;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.relay.PinnedConnection;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.telemetry.CommandLabel;
import dev.nearside.proxy.telemetry.Way;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.SharedRead;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's side of the upstream: the lanes it shares, or the connection it is pinned to.
 * Confined to the client's event loop.
 */
final class Upstream {
  private static final Logger log = LoggerFactory.getLogger(Upstream.class);

  private final ClientConnection client;
  private final Session session;
  private final LoopContext context;
  private final Touches touches;
  private final PipeEffects pipeEffects;
  private final Pinning pinning;
  private final LanePaths paths;
  private final HashCounts reading = new HashCounts();
  private final HashCounts readingThrough = new HashCounts();
  private final Retries retries;
  private @Nullable Touch streamed;
  private int outstanding;
  private int ordering;
  private boolean leasesBroken;

  Upstream(ClientConnection client, Session session, LoopContext context) {
    this.client = client;
    this.session = session;
    this.context = context;
    this.touches = new Touches(session, context.coherence());
    this.pipeEffects = new PipeEffects(session, touches, context.coherence());
    this.pinning = new Pinning(client, this);
    this.paths = new LanePaths(client, context.lanes(), session);
    this.retries =
        new Retries(context.reads().retries()::waitBefore, client::isOpen, client::schedule);
  }

  /** Returns how many relayed requests are unanswered. */
  int outstanding() {
    return outstanding;
  }

  /** Returns whether a read may not be executed before what is under way has been. */
  boolean ordersReads() {
    return ordering > 0 || (isPinned() && outstanding > 0);
  }

  /**
   * Returns whether a relayed command of this client that names a key with this hash is unanswered:
   * a local read now could show an older state than its reply.
   */
  boolean isReading(int keyHash) {
    return reading.contains(keyHash);
  }

  /** Returns whether any relayed read that goes on to the database is under way. */
  boolean isReadingThrough() {
    return !readingThrough.isEmpty();
  }

  /** Returns whether such a read of a key with this hash is: what it finds may be seen late. */
  boolean isReadingThrough(int keyHash) {
    return readingThrough.contains(keyHash);
  }

  boolean isPinned() {
    return pinning.connection() != null;
  }

  /** Returns whether the client is pinned and open; see {@link Pinning#isOpen}. */
  boolean isPinnedAndOpen() {
    return pinning.isOpen();
  }

  /** Returns and forgets why the client could not be pinned, or null if nothing failed. */
  @Nullable String takePinFailure() {
    return pinning.takeFailure();
  }

  /** Returns whether the client is to be pinned although its command does not need it. */
  boolean isPinningWanted() {
    return pinning.isWanted();
  }

  /** The client does not keep up with what a lane has for it. */
  void wantsOwnConnection() {
    pinning.fellBehind();
  }

  /** RESET was answered: what the upstream still knows of the client is kept for it. */
  void reset() {
    pinning.reset();
  }

  /** The client sends no more; returns whether the end of its own connection will be its end. */
  boolean endInput() {
    return pinning.endInput();
  }

  /** Returns the way of what is relayed now. */
  Way way() {
    return isPinned() ? Way.PINNED : Way.RELAY;
  }

  /** Returns what it may have done to L1 that was sent by a pipe. */
  PipeEffects pipeEffects() {
    return pipeEffects;
  }

  /** The read sent by {@link #sendRead} has ended. */
  void readEnded(LookupKey key) {
    outstanding--;
    reading.remove(key.hashCode());
    unpinIfQuiet();
  }

  /**
   * Sends a whole request that reads {@code key} on the client's way; returns the kind of lane that
   * its order allows.
   */
  LaneKey.Kind sendRead(LookupKey key, ByteBuf request, ReplySink sink) {
    int slot = paths.slotOf(key);
    LanePath path = paths.ofSlot(slot);
    boolean awaited = paths.isAwaited(path, outstanding++);
    reading.add(key.hashCode());
    PinnedConnection own = pinning.connection();
    if (own != null) {
      own.send(request, request.readerIndex(), request.readableBytes(), sink);
      return LaneKey.Kind.READS;
    }
    LaneKey.Kind kind = path.takeRead(awaited);
    paths.send(path, kind, slot, request, request.readerIndex(), request.readableBytes(), sink);
    return kind;
  }

  /**
   * Sends the read of a flight that failed, as one of the sidecar's own on the reading lane: behind
   * what the client has asked since, it could wait for itself. Nothing it has to be executed after
   * is unanswered, and nothing that changes the connection or the key goes before it is.
   */
  void sendBeside(LookupKey key, ByteBuf request, ReplySink sink) {
    reading.add(key.hashCode());
    sendOn(LaneKey.Kind.READS, paths.slotOf(key), request, sink);
  }

  /** Sends the read of {@code key} that is counted already. */
  void sendOn(LaneKey.Kind kind, LookupKey key, ByteBuf request, ReplySink sink) {
    sendOn(kind, paths.slotOf(key), request, sink);
  }

  /** Sends a read that is counted already. */
  void sendOn(LaneKey.Kind kind, int slot, ByteBuf request, ReplySink sink) {
    paths.send(
        paths.ofSlot(slot),
        kind,
        slot,
        request,
        request.readerIndex(),
        request.readableBytes(),
        sink);
  }

  /** Returns the reads that wait to be sent again. */
  Retries retries() {
    return retries;
  }

  /** The read sent by {@link #sendBeside} has ended. */
  void besideEnded(LookupKey key) {
    reading.remove(key.hashCode());
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
    int database = context.policy().database();
    touches.leasesOf(
        touches.writtenBy(command, request, argCount), context.reads(), database, deletions::add);
    if (deletions.isEmpty()) {
      return true;
    }
    client.pause();
    LeaseDeletion last = new LeaseDeletion(client, deletions.size(), () -> leasesBroken = true);
    LaneKey leased =
        new LaneKey(paths.view().home(), session.protocol, database, LaneKey.Kind.WRITES);
    for (ByteBuf deletion : deletions) {
      context.lanes().lane(leased).send(deletion, 0, deletion.readableBytes(), last);
    }
    return false;
  }

  /** Relays {@code request}; its reply takes the next place in the order. */
  void relay(Command command, Request request) {
    if (command.way() == dev.nearside.proxy.command.Way.LOCAL_GET && isRead(request)) {
      relayGet(request);
    } else {
      relayAny(command, request);
    }
  }

  /**
   * Returns whether {@code request}, a GET, is relayed as a read of its own. On a client's own
   * connection it is not, unless there is a database behind it: pushes have to find their place
   * around its reply.
   */
  private boolean isRead(Request request) {
    boolean plain =
        request.argCount() == 2
            && request.argLength(1) <= LocalReads.MAX_NAME_BYTES
            && session.readsLocally();
    return plain
        && (!isPinned()
            || context.reads().standIns().readThroughOf(touches.key(request, 1)) != null);
  }

  /** Others may share the read while nothing of this client is before it. */
  private void relayGet(Request request) {
    LookupKey key = touches.key(request, 1);
    Way way = way();
    context.counters().request(way, CommandLabel.GET);
    SharedRead shared =
        outstanding == 0 && !isPinned() ? context.reads().share(key, client.nowNs()) : null;
    PendingReply reply = client.replies().add(new PendingReply(client.replies()));
    context.quota().begun();
    boolean through = context.reads().standIns().readThroughOf(key) != null;
    if (through) {
      readingThrough.add(key.hashCode());
    }
    Entry held = context.reads().shadow(key, client.nowNs(), session.floorNs, context.found());
    GetRead read =
        new GetRead(client, key, way, reply, () -> relayedReadEnded(key, through)).shadowed(held);
    if (mayBring()) {
      read.bringing();
    }
    read.relay(request, shared);
  }

  /**
   * Returns whether a read is relayed only because something before it is unanswered: a pipeline
   * would otherwise bring no more than one key into memory. In shadow mode it was begun already.
   */
  private boolean mayBring() {
    return outstanding > 0
        && !isPinned()
        && session.ownIdentity
        && context.coherence().mode() == L1Mode.ON;
  }

  private void relayedReadEnded(LookupKey key, boolean through) {
    context.quota().ended();
    if (through) {
      readingThrough.remove(key.hashCode());
    }
  }

  private void relayAny(Command command, Request request) {
    if (command.setsIfAbsent(request)) {
      context.reads().noteLock(touches.key(request, 1).hashCode(), client.nowNs());
    }
    boolean endsReplies = touches.endsReplies(command, request);
    Touch touch = touches.of(command, request);
    touches.note(command, request.argCount());
    context.counters().request(way(), command.label());
    PinnedConnection own = pinning.connection();
    if (own == null) {
      relayByLane(command, request, touch);
      return;
    }
    noteNeed(command);
    if (touch != null) {
      touch.forwarded();
    }
    if (endsReplies) {
      session.becomePipe(context.policy().database());
      own.becomePipe();
    }
    if (session.pipe) {
      relayByPipe(own, request, touch);
      return;
    }
    RelayedReply reply = replyTo(command, request, request.argCount(), touch);
    track(reply);
    own.send(request.buffer(), request.start(), request.length(), reply);
  }

  private void relayByLane(Command command, Request request, @Nullable Touch touch) {
    List<Scatter.Piece> pieces = paths.pieces();
    if (pieces != null) {
      scatter(command, request, touch, pieces);
      return;
    }
    int slot = paths.slot();
    LanePath path = paths.ofSlot(slot);
    LaneKey.Kind kind =
        Objects.requireNonNull(path.choose(command, paths.isAwaited(path, outstanding)));
    Lane lane = path.take(kind);
    Reason refusal = null;
    if (touch != null) {
      refusal = breakLeases(touch, lane);
      touch.forwarded();
    }
    RelayedReply reply =
        touch != null && isRepeatable(command, request, touch)
            ? new RepeatableRead(client, command, request, touch, kind, slot)
            : replyTo(command, request, request.argCount(), touch);
    track(reply);
    if (refusal == null) {
      paths.send(path, kind, slot, request.buffer(), request.start(), request.length(), reply);
    } else {
      reply.refused(refusal);
    }
  }

  private void scatter(
      Command command, Request request, @Nullable Touch touch, List<Scatter.Piece> pieces) {
    if (touch != null) {
      touch.forwarded();
    }
    ScatteredReply reply =
        new ScatteredReply(client, command, request, touch, pieces, paths.view());
    track(reply);
    for (int i = 0; i < pieces.size(); i++) {
      Scatter.Piece piece = pieces.get(i);
      LanePath path = paths.to(piece.node());
      boolean awaited = paths.isAwaited(path, outstanding);
      LaneKey.Kind kind = Objects.requireNonNull(path.choose(command, awaited));
      path.take(kind);
      byte[] bytes = Scatter.bytes(piece, command.spread(), request);
      paths.send(path, kind, piece, bytes, reply.part(i));
    }
  }

  private boolean isRepeatable(Command command, Request request, Touch touch) {
    return !touch.mayWrite()
        && command.connectionEffect() == ConnectionEffect.NONE
        && request.length() <= RepeatableRead.MAX_REQUEST_BYTES
        && context.reads().retries().isOn();
  }

  private void noteNeed(Command command) {
    switch (command.way()) {
      case LOCAL_GET, LOCAL_MGET, LANE, BULK_LANE, GREETING, QUIT, RESET, OWN -> {}
      case PINNED, PIPE -> pinning.needed();
    }
  }

  /** Returns whether {@code command} has to wait until every reply awaited is there. */
  boolean mustWait(Command command, Request request) {
    if (isPinned()) {
      return touches.endsReplies(command, request) || touches.dependsOnReplies(command);
    }
    return paths.mustWait(command, request, outstanding) || retries.arePending();
  }

  /** Returns whether the upstream takes {@code command} without more being kept in memory. */
  boolean isWritable(Command command) {
    PinnedConnection own = pinning.connection();
    if (own != null) {
      return own.isWritable();
    }
    return paths.isWritable(command, outstanding);
  }

  private void relayByPipe(PinnedConnection own, Request request, @Nullable Touch touch) {
    own.write(request.buffer(), request.start(), request.length());
    pipeEffects.sent(touch);
  }

  /** Begins a request whose bytes follow by {@link #stream}; the client is pinned. */
  void relayLarge(Command command, Request head, int announcedArgs) {
    PinnedConnection own = Objects.requireNonNull(pinning.connection());
    Touch touch = touches.ofLarge(command, head, announcedArgs);
    touches.note(command, announcedArgs);
    pinning.needed();
    context.counters().request(way(), command.label());
    if (session.pipe) {
      pipeEffects.sent(touch);
      return;
    }
    streamed = touch;
    RelayedReply reply = replyTo(command, head, announcedArgs, touch);
    track(reply);
    own.expect(reply);
  }

  /**
   * Passes bytes of a large request on. What it does to L1 begins with its last bytes, before which
   * it cannot be executed: a client that sends slowly keeps nobody from L1.
   *
   * @param last whether they complete it
   * @return whether the upstream takes more now
   */
  boolean stream(ByteBuf in, int start, int length, boolean last) {
    Touch touch = streamed;
    if (last && touch != null) {
      streamed = null;
      touch.forwarded();
    }
    return pinning.write(Objects.requireNonNull(pinning.connection()), in, start, length);
  }

  private void track(RelayedReply reply) {
    client.replies().add(reply);
    outstanding++;
    reply.keysRead().forEach(key -> reading.add(key.hashCode()));
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
              ? new SubscriptionReply(client, pinning.subscriptions(), command, argCount)
              : RelayedReply.to(client, command, request, touch);
      case HELLO, AUTH, SELECT, RESET, CLIENT_NAME, CLIENT_INFO ->
          new StateReply(client, effect, request, argCount == request.argCount());
      default ->
          isReadOfAnotherUser(command, request)
              ? new GrantedReply(client, touch, touches.key(request, 1))
              : RelayedReply.to(client, command, request, touch);
    };
  }

  private boolean isReadOfAnotherUser(Command command, Request request) {
    return command.way() == dev.nearside.proxy.command.Way.LOCAL_GET
        && !session.ownIdentity
        && session.readsWhatItMay()
        && session.isDatabaseKnown()
        && request.argCount() == 2
        && request.argLength(1) <= LocalReads.MAX_NAME_BYTES;
  }

  /** A reply tracked here is complete. */
  void completed(RelayedReply reply) {
    outstanding--;
    reply.keysRead().forEach(key -> reading.remove(key.hashCode()));
    if (reply.orders()) {
      ordering--;
    }
    unpinIfQuiet();
  }

  private void unpinIfQuiet() {
    if (outstanding == 0) {
      pinning.mayLeave();
    }
  }

  /**
   * Deletes the leases of keys that are about to be written, on the same lane just before.
   *
   * @return why one of the deletions was not sent, and the write must not be, or null
   */
  private @Nullable Reason breakLeases(Touch touch, Lane lane) {
    LeaseAhead ahead = new LeaseAhead();
    touches.leasesOf(
        touch.writtenKeys(),
        context.reads(),
        context.policy().database(),
        deletion -> lane.send(deletion, 0, deletion.readableBytes(), ahead));
    return ahead.refusal();
  }

  /** The client takes no more bytes for now, or again. */
  void clientWritable(boolean writable) {
    pinning.clientWritable(writable);
  }

  /** The client is gone. */
  void close() {
    pinning.close();
  }

  /**
   * Returns the error for a client that could not be pinned: the upstream's own, if it said one.
   */
  static byte[] unavailable(String why) {
    log.debug("a client could not be given a connection of its own: {}", why);
    return why.startsWith("-")
        ? Replies.error(why.substring(1))
        : RelayedReply.unavailable(Reason.DISCONNECTED);
  }
}
