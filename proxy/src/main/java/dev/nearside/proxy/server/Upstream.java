package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.relay.LaneKey;
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
import io.netty.buffer.ByteBufUtil;
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
  private final LanePaths paths;
  private final LaneRelay lanes;
  private final @Nullable ClusterRelay cluster;
  private final Pinning pinning;
  private final OwnRelay own;
  private final LeaseBreak leases;
  private final ReplyChoice replies;
  private final HashCounts reading = new HashCounts();
  private final HashCounts readingThrough = new HashCounts();
  private final Retries retries;
  private int outstanding;
  private int ordering;

  Upstream(ClientConnection client, Session session, LoopContext context) {
    this.client = client;
    this.session = session;
    this.context = context;
    this.touches = new Touches(session, context.coherence());
    this.pipeEffects = new PipeEffects(session, touches, context.coherence());
    this.paths = new LanePaths(client, context.lanes(), session);
    this.lanes = new LaneRelay(client, this, touches, paths);
    this.cluster = paths.topology().isCluster() ? new ClusterRelay(client, this, paths) : null;
    this.pinning = new Pinning(client, this, cluster);
    this.own = new OwnRelay(client, this, touches, pinning, cluster);
    this.leases = new LeaseBreak(client, touches, paths);
    this.replies = new ReplyChoice(client, touches, pinning.subscriptions());
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
    return pinning.isPinned();
  }

  Pinning pinning() {
    return pinning;
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
    OwnConnection only = pinning.connection();
    if (only != null) {
      only.connection().send(request, request.readerIndex(), request.readableBytes(), sink);
      return LaneKey.Kind.READS;
    }
    if (cluster != null && isPinned()) {
      cluster.route(slot, ByteBufUtil.getBytes(request), sink);
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

  /** Returns whether leases have to be deleted before a write is sent; see LeaseBreak. */
  boolean awaitsLeases() {
    return isPinned() || cluster != null;
  }

  /** Returns whether the leases are deleted of what the client writes. */
  boolean areLeasesBroken(Command command, Request request, int argCount) {
    return leases.isDone(command, request, argCount);
  }

  /** Returns and forgets why they could not be deleted, as an error for the client, or null. */
  byte @Nullable [] takeLeaseFailure() {
    return leases.takeFailure();
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
    if (own.refuses(command, request)) {
      return;
    }
    if (command.setsIfAbsent(request)) {
      context.reads().noteLock(touches.key(request, 1).hashCode(), client.nowNs());
    }
    boolean endsReplies = touches.endsReplies(command, request);
    Touch touch = touches.of(command, request);
    touches.note(command, request.argCount());
    context.counters().request(way(), command.label());
    if (isPinned()) {
      own.relay(command, request, touch, endsReplies);
    } else {
      lanes.relay(command, request, touch);
    }
  }

  /** Returns the part of a pinned client: large requests, and what goes as it is. */
  OwnRelay own() {
    return own;
  }

  /** Returns whether {@code command} has to wait until every reply awaited is there. */
  boolean mustWait(Command command, Request request) {
    if (isPinned()) {
      boolean waits = cluster != null && !session.pipe && cluster.mustWait(command, request);
      return waits || touches.endsReplies(command, request) || touches.dependsOnReplies(command);
    }
    return paths.mustWait(command, request, outstanding) || retries.arePending();
  }

  /** Returns whether the upstream takes {@code command} without more being kept in memory. */
  boolean isWritable(Command command) {
    return isPinned() ? own.isWritable() : paths.isWritable(command, outstanding);
  }

  /** Returns whether what the client waits for may never come, were its end not told. */
  boolean isBlocked() {
    return cluster != null && cluster.isBlocked();
  }

  /** Returns what takes the reply to a request, as far as that is here. */
  RelayedReply replyTo(Command command, Request request, int argCount, @Nullable Touch touch) {
    return replies.to(command, request, argCount, touch);
  }

  /** Gives a reply its place in the order. */
  void track(RelayedReply reply) {
    client.replies().add(reply);
    outstanding++;
    reply.keysRead().forEach(key -> reading.add(key.hashCode()));
    if (reply.orders()) {
      ordering++;
    }
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

  /** The client takes no more bytes for now, or again. */
  void clientWritable(boolean writable) {
    pinning.clientWritable(writable);
  }

  /** The client is gone. */
  void close() {
    pinning.close();
    if (cluster != null) {
      cluster.close();
    }
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
