package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.CommandFlag;
import dev.nearside.proxy.command.KeyPositions;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.telemetry.CommandLabel;
import dev.nearside.proxy.telemetry.Way;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.ArrayList;
import java.util.List;

/**
 * GET and MGET of one connection: from L1 where that is safe, by a flight on a miss that was
 * admitted, in passing where Redis is far away, and else not here. Confined to the connection's
 * event loop; a hit allocates nothing.
 */
final class LocalReads {
  /** What became of a read. */
  enum Taken {
    /** Its reply is written, or will come. */
    ANSWERED,
    /** The connection was paused; the read comes again. */
    PAUSED,
    /** Relay it. */
    NOT_LOCAL
  }

  /** What may be done about a miss before it is relayed; each does what stands before it, too. */
  private enum Reach {
    /** Join an identical read on another client's own way. */
    JOIN,
    /** Join or start the flight of the key. */
    FLY,
    /** Read it in passing. */
    PASS
  }

  static final int MAX_NAME_BYTES = 1024;
  private static final int MAX_MGET_KEYS = 1024;

  /** A larger snapshot is relayed: from here it would all be written in one go, read or not. */
  private static final int MAX_MGET_BYTES = 1024 * 1024;

  /** Nobody knows how large what they bring will be, and all of it waits for its turn. */
  private static final int MAX_FLIGHTS = 32;

  private final ClientConnection client;
  private final Session session;
  private final LoopContext context;
  private final ReadPath reads;
  private final List<Entry> hits = new ArrayList<>(0);
  private final HashCounts flying = new HashCounts();
  private boolean waited;
  private long arrivedNs;

  LocalReads(ClientConnection client) {
    this.client = client;
    this.session = client.session();
    this.context = client.context();
    this.reads = context.reads();
  }

  /**
   * Says whether {@code command} may be forwarded before this connection's flights have landed, or
   * its reads of the database are answered: on another connection than theirs it could overtake
   * them. Pauses the connection if not.
   */
  boolean allows(Command command, Request request) {
    if (!isAnyUnderWay() || !conflicts(command, request)) {
      return true;
    }
    client.pauseUntilDrained();
    return false;
  }

  private boolean isAnyUnderWay() {
    return !flying.isEmpty() || client.upstream().isReadingThrough();
  }

  private boolean isUnderWay(int keyHash) {
    return flying.contains(keyHash) || client.upstream().isReadingThrough(keyHash);
  }

  private boolean conflicts(Command command, Request request) {
    if (changesConnection(command)) {
      return true;
    }
    return switch (command.effect()) {
      case NONE -> false;
      case WRITES_OPAQUE, FLUSHES -> true;
      case READS, WRITES_KEYS -> {
        boolean[] hit = new boolean[1];
        boolean known =
            KeyPositions.forEachKey(
                command, request, i -> hit[0] |= isUnderWay(key(request, i).hashCode()));
        yield !known || hit[0];
      }
    };
  }

  /**
   * A flight that fails is relayed after all, and then must find the connection as it was when the
   * read was asked: its protocol and database, not in a transaction, not blocked, not at its end.
   */
  private static boolean changesConnection(Command command) {
    return switch (command.connectionEffect()) {
      case NONE -> command.has(CommandFlag.BLOCKING);
      case CLIENT_NAME, CLIENT_INFO -> false;
      default -> true;
    };
  }

  private LookupKey key(Request request, int arg) {
    return context
        .key()
        .set(session.database, request.buffer(), request.argStart(arg), request.argLength(arg));
  }

  /**
   * Returns the moment that a strict read is held to: when its request was first looked at, also
   * after it has waited for the barrier. A moment that moved with each look would never be reached.
   */
  private long arrivedNs() {
    if (!waited) {
      arrivedNs = client.nowNs();
    }
    return arrivedNs;
  }

  /** Pauses the connection until L1 has reached {@code floorNs}; the same request comes again. */
  private Taken await(Shard shard, long floorNs) {
    waited = true;
    client.pauseForBarrier(shard, floorNs);
    return Taken.PAUSED;
  }

  private Taken done(Taken taken) {
    waited &= taken == Taken.PAUSED;
    return taken;
  }

  /** {@code GET key}. */
  Taken get(Request request) {
    return done(lookUp(request));
  }

  private Taken lookUp(Request request) {
    if (request.argCount() != 2 || !session.readsWhatItMay()) {
      return Taken.NOT_LOCAL;
    }
    if (request.argLength(1) > MAX_NAME_BYTES) {
      return Taken.NOT_LOCAL;
    }
    LookupKey key = key(request, 1);
    if (client.upstream().ordersReads() || client.upstream().isReading(key.hashCode())) {
      return Taken.NOT_LOCAL;
    }
    if (flying.contains(key.hashCode())) {
      client.pauseUntilDrained(); // that read may yet be asked anew, and answered by a newer state
      return Taken.PAUSED;
    }
    long nowNs = client.nowNs();
    if (!session.ownIdentity && !session.grants.allow(key, nowNs)) {
      return Taken.NOT_LOCAL;
    }
    long floorNs = client.floorOf(key, arrivedNs());
    return switch (reads.look(key, nowNs, floorNs, context.found())) {
      case HIT -> hit();
      case BEHIND -> behind(key, floorNs);
      case PENDING -> miss(key, nowNs, floorNs, isAlone(request) ? Reach.PASS : Reach.FLY);
      case RELAY -> miss(key, nowNs, floorNs, Reach.JOIN);
    };
  }

  private Taken miss(LookupKey key, long nowNs, long floorNs, Reach reach) {
    if (!session.ownIdentity) {
      countMiss(key);
      return Taken.NOT_LOCAL; // flights read as the sidecar's own user
    }
    if (flying.size() >= MAX_FLIGHTS) {
      client.pauseUntilDrained();
      return Taken.PAUSED;
    }
    if (client.upstream().outstanding() == 0 && flies(key, nowNs, floorNs, reach)) {
      countMiss(key);
      return Taken.ANSWERED;
    }
    if (reach == Reach.JOIN && context.quota().isFull()) {
      context.quota().await(client);
      return Taken.PAUSED;
    }
    countMiss(key);
    return Taken.NOT_LOCAL;
  }

  /**
   * Returns whether nothing is read for this connection and nothing more has come from it: what is
   * pipelined is relayed at once, and one barrier does for all of it.
   */
  private boolean isAlone(Request request) {
    return flying.isEmpty() && request.start() + request.length() == request.buffer().writerIndex();
  }

  /** Begins, or joins, a read of {@code key} whose answer is heard here. */
  private boolean flies(LookupKey key, long nowNs, long floorNs, Reach reach) {
    Entry inFlight = context.found().entry();
    Flight shared = inFlight == null ? reads.findShared(key) : null;
    if (shared == null && reach == Reach.JOIN) {
      return false;
    }
    PendingReply reply = new PendingReply(client.replies());
    GetRead read = flight(key, reply);
    boolean taken =
        shared == null
            ? reads.fly(key, nowNs, floorNs, context.found(), read) == ReadPath.Outcome.PENDING
                || (reach == Reach.PASS && reads.pass(key, nowNs, read) == ReadPath.Outcome.PENDING)
            : reads.joinShared(shared, read);
    if (!taken) {
      flying.remove(key.hashCode());
      return false;
    }
    if (shared != null) {
      read.joinedAnother();
    }
    context.counters().request(Way.FILL, CommandLabel.GET);
    client.replies().add(reply);
    return true;
  }

  private Taken hit() {
    Entry entry = java.util.Objects.requireNonNull(context.found().entry());
    count(entry);
    client.answeredLocally(CommandLabel.GET);
    ReplyQueue replies = client.replies();
    if (replies.isEmpty()) {
      write(entry);
    } else if (entry.isNil()) {
      client.answer(session.nullReply());
    } else {
      replies.add(new HitReply(replies, entry));
    }
    return Taken.ANSWERED;
  }

  private void count(Entry entry) {
    if (entry.isNil()) {
      context.counters().negativeHit(entry.namespace());
    } else {
      context.counters().hit(entry.namespace());
    }
  }

  private void countMiss(LookupKey key) {
    context.counters().miss(reads.namespaceNumber(key));
  }

  private void write(Entry entry) {
    Output output = client.replies().output();
    if (entry.isNil()) {
      byte[] nil = session.nullReply();
      output.buffer(nil.length).writeBytes(nil);
    } else {
      dev.nearside.proxy.tier.local.Compression.writeReply(
          entry, output.buffer(entry.replyLength()));
    }
  }

  private Taken behind(LookupKey key, long floorNs) {
    Shard shard = context.coherence().shard(key);
    if (shard == null) {
      return Taken.NOT_LOCAL;
    }
    return await(shard, floorNs);
  }

  private GetRead flight(LookupKey key, PendingReply reply) {
    LookupKey own = key.copy();
    flying.add(own.hashCode());
    return new GetRead(client, own, Way.FILL, reply, () -> flying.remove(own.hashCode()));
  }

  /** {@code MGET key …}: from L1 only as one snapshot. */
  Taken mget(Request request) {
    return done(lookUpMany(request));
  }

  private Taken lookUpMany(Request request) {
    int keys = request.argCount() - 1;
    if (keys < 1 || keys > MAX_MGET_KEYS || !session.readsLocally()) {
      return Taken.NOT_LOCAL;
    }
    boolean allowed = reads.allowsMget(session.database);
    if (context.coherence().isTracking() && allowed && !client.upstream().ordersReads()) {
      long sequence = context.coherence().sequence();
      Taken taken = lookUpAll(request);
      if (taken == Taken.PAUSED) {
        return taken;
      }
      if (taken == Taken.ANSWERED && areTooMuch()) {
        hits.clear();
        return Taken.NOT_LOCAL;
      }
      if (taken == Taken.ANSWERED && context.coherence().sequence() == sequence) {
        return writeAll();
      }
    }
    boolean merges = allowed && context.policy().mergesMget();
    return merges || readsThrough(request) ? gather(request) : Taken.NOT_LOCAL;
  }

  private Taken lookUpAll(Request request) {
    hits.clear();
    for (int i = 1; i < request.argCount(); i++) {
      if (request.argLength(i) > MAX_NAME_BYTES) {
        return Taken.NOT_LOCAL;
      }
      LookupKey key = key(request, i);
      if (client.upstream().isReading(key.hashCode()) || flying.contains(key.hashCode())) {
        return Taken.NOT_LOCAL;
      }
      long floorNs = client.floorOf(key, arrivedNs());
      switch (reads.look(key, client.nowNs(), floorNs, context.found())) {
        case HIT -> hits.add(java.util.Objects.requireNonNull(context.found().entry()));
        case BEHIND -> {
          return behind(key, floorNs);
        }
        case PENDING, RELAY -> {
          return Taken.NOT_LOCAL;
        }
      }
    }
    return Taken.ANSWERED;
  }

  private boolean areTooMuch() {
    long bytes = 0;
    for (Entry entry : hits) {
      bytes += entry.isNil() ? 0 : entry.replyLength();
    }
    return bytes > MAX_MGET_BYTES;
  }

  private Taken writeAll() {
    ReplyQueue replies = client.replies();
    PendingReply reply = replies.add(new PendingReply(replies));
    reply.append(Replies.arrayHeader(hits.size()));
    client.answeredLocally(CommandLabel.MGET);
    for (Entry entry : hits) {
      count(entry);
      reply.append(entry, session.nullReply());
    }
    hits.clear();
    reply.complete();
    return Taken.ANSWERED;
  }

  private boolean readsThrough(Request request) {
    for (int i = 1; i < request.argCount(); i++) {
      if (request.argLength(i) <= MAX_NAME_BYTES
          && reads.standIns().readThroughOf(key(request, i)) != null) {
        return true;
      }
    }
    return false;
  }

  /** Reads each key by itself, because some may have to come from the database. */
  private Taken gather(Request request) {
    if (client.upstream().outstanding() > 0 || client.upstream().isPinned() || !flying.isEmpty()) {
      client.pauseUntilDrained();
      if (client.replies().owesReplies()) {
        return Taken.PAUSED;
      }
    }
    context.counters().request(Way.FILL, CommandLabel.MGET);
    GatheredReply whole =
        client
            .replies()
            .add(new GatheredReply(client.replies(), request.argCount() - 1, session.nullReply()));
    for (int i = 1; i < request.argCount() && client.isOpen(); i++) {
      LookupKey key = key(request, i);
      gatherOne(key.copy(), whole.part(i - 1));
    }
    return Taken.ANSWERED;
  }

  private void gatherOne(LookupKey key, PendingReply part) {
    long floorNs = client.floorOf(key, client.nowNs());
    ReadPath.Outcome outcome = reads.look(key, client.nowNs(), floorNs, context.found());
    if (outcome == ReadPath.Outcome.HIT) {
      Entry entry = java.util.Objects.requireNonNull(context.found().entry());
      count(entry);
      part.append(entry, session.nullReply());
      part.complete();
      return;
    }
    countMiss(key);
    GetRead read = flight(key, part);
    if (outcome != ReadPath.Outcome.PENDING
        || key.length() > MAX_NAME_BYTES
        || reads.fly(key, client.nowNs(), floorNs, context.found(), read)
            != ReadPath.Outcome.PENDING) {
      read.relay();
    }
  }
}
