package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.relay.ReplyReader;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.resp.Requests;
import dev.nearside.proxy.telemetry.Way;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.RelayedRead;
import dev.nearside.proxy.tier.SharedRead;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Objects;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

/**
 * One key being read for a client: by a flight, by an identical read of somebody else, or by the
 * client's own way to the upstream; and where the upstream cannot be asked, again a little later,
 * from what L1 held before, or through the database. Ends by completing its {@link PendingReply}.
 * Confined to the client's event loop, but for what {@link Flight.Reader} says.
 */
final class GetRead implements Flight.Reader, ReplySink, Retries.Read {
  private final ClientConnection client;
  private final ReadPath reads;
  private final LookupKey key;
  private final FallBack fallBack;
  private final Way way;
  private final PendingReply reply;
  private final Touch touch;
  private final Runnable ended;
  private final long startedNs;
  private @Nullable RelayedRead redis;
  private @Nullable SharedRead lead;
  private @Nullable Entry shadow;
  private long floorNs;
  private @Nullable ScheduledFuture<?> deadline;
  private LaneKey.Kind lane = LaneKey.Kind.READS;
  private int attempts;
  private boolean brings;
  private boolean joined;
  private boolean flownAgain;
  private boolean refused;
  private boolean begun;
  private boolean settled;
  private boolean finished;
  private boolean beside;
  private boolean sent;

  /**
   * Creates a read.
   *
   * @param key a copy that is the read's own
   * @param way the way it takes, for metrics
   * @param reply takes the reply
   * @param ended called when the read needs no more of the upstream or the database
   */
  GetRead(ClientConnection client, LookupKey key, Way way, PendingReply reply, Runnable ended) {
    this.client = client;
    this.reads = client.context().reads();
    this.key = key;
    this.fallBack = new FallBack(client, key, reply);
    this.way = way;
    this.startedNs = client.nowNs();
    this.floorNs = client.floorOf(key, startedNs);
    this.reply = reply;
    this.ended = ended;
    this.touch = Touch.get(client.context().coherence(), key);
    reply.undecided();
  }

  /** It waits for an identical read, whose answer may be newer than what L1 knows. */
  void joinedAnother() {
    joined = true;
    limitTime();
  }

  /** Its reply is to be compared with what {@code entry} would have shown. */
  GetRead shadowed(@Nullable Entry entry) {
    shadow = entry;
    return this;
  }

  /** It may not be a flight, but what it reads shall be held for who comes next. */
  GetRead bringing() {
    brings = true;
    return this;
  }

  /**
   * Reads on the client's own way to the upstream, with the bytes of {@code request}.
   *
   * @param shared who else waits for the answer, or null
   */
  void relay(Request request, @Nullable SharedRead shared) {
    lead = shared;
    if (shared != null) {
      floorNs = System.nanoTime(); // what is shared is as new as the moment from which it is
    }
    ask(Unpooled.wrappedBuffer(request.buffer().slice(request.start(), request.length())));
  }

  /** Reads on the client's own way to the upstream. */
  void relay() {
    ask(request());
  }

  private ByteBuf request() {
    return Unpooled.wrappedBuffer(Requests.encode("GET", key.name()));
  }

  /** Where there is something to fall back on, asks within the guard of Redis and its time. */
  private void ask(ByteBuf request) {
    Upstream upstream = client.upstream();
    if (fallBack.isGuarded() && (beside || !upstream.isPinned())) {
      RelayedRead asking = reads.standIns().beginRelayedRead();
      if (asking.isBreakerOpen() && fallBack.isInTurn()) {
        fallBack(Reason.BREAKER_OPEN);
        return;
      }
      redis = asking;
      limitTime();
    }
    if (attempts > 0) {
      upstream.sendOn(lane, key, request, this);
    } else if (beside) {
      sent = true;
      upstream.sendBeside(key, request, this);
    } else {
      sent = true;
      lane = upstream.sendRead(key, request, this);
    }
  }

  private void limitTime() {
    if (fallBack.isGuarded() && deadline == null) {
      deadline = client.schedule(this::tooLate, reads.standIns().fillTimeout());
    }
  }

  private void tooLate() {
    deadline = null;
    if (!client.isOpen()) {
      asked(false);
      shareFailure();
      end();
    } else if (fallBack.isInTurn()) {
      asked(false);
      fallBack(Reason.TIMEOUT);
    } else {
      waitForTurn();
    }
  }

  /** It is late by what stands before it, for which nobody else need wait and Redis is no fault. */
  private void waitForTurn() {
    RelayedRead asking = redis;
    if (asking != null) {
      asking.abandoned();
    }
    shareFailure();
    limitTime();
  }

  /** Redis was asked: nothing waits for it any more. */
  private void asked(boolean answered) {
    RelayedRead asking = redis;
    if (asking != null) {
      asking.ended(answered);
    }
  }

  /** What answers is chosen; what else comes is ignored. */
  private void settle() {
    settled = true;
    reply.decided();
    ScheduledFuture<?> timer = deadline;
    if (timer != null) {
      deadline = null;
      timer.cancel(false);
    }
  }

  @Override
  public void landed(Entry entry) {
    client.execute(() -> {
      if (settled) {
        return;
      }
      if (joined && entry.asOfNs() - startedNs < 0 && client.isOpen()) {
        askAnew(); // what that read was shown may have expired since, or changed
        return;
      }
      if (joined) {
        client.session().floorNs = System.nanoTime();
      }
      append(entry);
      end();
    });
  }

  @Override
  public void toldElsewhere(Entry entry) {
    client.execute(() -> {
      if (settled) {
        return;
      }
      client.session().floorNs = System.nanoTime();
      append(entry);
      end();
    });
  }

  private void append(Entry entry) {
    if (client.isOpen()) {
      reply.append(entry, client.session().nullReply());
    }
  }

  @Override
  public void failed() {
    client.execute(() -> {
      if (settled) {
        return;
      }
      if (client.isOpen()) {
        askAnew();
      } else {
        end();
      }
    });
  }

  @Override
  public void expired() {
    client.execute(() -> {
      if (settled) {
        return;
      }
      if (!client.isOpen()) {
        end();
      } else if (!fliesAgain()) {
        askAnew();
      }
    });
  }

  /** So that all who joined a flight whose key has expired are one read again; once. */
  private boolean fliesAgain() {
    if (flownAgain) {
      return false;
    }
    flownAgain = true;
    long nowNs = System.nanoTime();
    Shard.Found found = client.context().found();
    return switch (reads.look(key, nowNs, floorNs, found)) {
      case HIT -> {
        append(Objects.requireNonNull(found.entry()));
        end();
        yield true;
      }
      case PENDING -> {
        ReadPath.Outcome outcome = reads.fly(key, nowNs, floorNs, found, this);
        reads.flush();
        yield outcome == ReadPath.Outcome.PENDING;
      }
      case BEHIND, RELAY -> false;
    };
  }

  /** Together with all who have to as well. */
  private void askAnew() {
    Flight shared = reads.findShared(key);
    joined = false;
    if (shared != null && reads.joinShared(shared, this)) {
      joinedAnother();
    } else {
      beside = true;
      lead = reads.share(key, System.nanoTime());
      relay();
    }
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (first) {
      asked(true);
    }
    if (settled) {
      return; // something else has answered in its place
    }
    if (first) {
      refused = in.getByte(from) == '-';
      touch.replied(in, from, to, last);
      client.session().floorNs = System.nanoTime();
      if (shadow != null && last) {
        reads.compare(shadow, ByteBufUtil.getBytes(in, from, to - from));
      }
      if (countedAsMiss(in, from, last) && fallBack.isDatabase()) {
        settle();
        reply.undecided(); // the lease may show what Redis has by then
        readDatabase(true);
        return;
      }
    }
    begun = true;
    reply.append(in, from, to);
    SharedRead others = lead;
    if (others != null) {
      others.replied(in, from, to, first, last);
    }
    if (last) {
      if (brings && !refused && client.isOpen()) {
        reads.bring(key, client.nowNs());
      }
      end();
    } else {
      client.flushSoon();
    }
  }

  @Override
  public ReplyReader reader() {
    return client;
  }

  @Override
  public boolean isFull() {
    return !settled && !reply.isElement() && client.isFullFor(reply);
  }

  private boolean countedAsMiss(ByteBuf in, int from, boolean last) {
    boolean miss = last && isNull(in, from);
    if (in.getByte(from) != '-') {
      fallBack.redisAnswered(!miss);
    }
    return miss;
  }

  private static boolean isNull(ByteBuf in, int from) {
    byte type = in.getByte(from);
    return type == '_' || (type == '$' && in.getByte(from + 1) == '-');
  }

  @Override
  public void lost() {
    asked(false);
    if (settled) {
      return;
    }
    if (begun || (!beside && client.upstream().isPinned())) {
      closeClient();
    } else if (attempts == 0 && triesAgain()) {
      return; // a connection was lost, and Redis may be there
    } else if (fallBack.isThere()) {
      fallBack(Reason.DISCONNECTED);
    } else if (!triesAgain() && !isOutOfTurn()) {
      closeClient();
    }
  }

  private void closeClient() {
    settle();
    shareFailure();
    finished = true;
    ended.run();
    client.closeWhenFlushed();
  }

  @Override
  public void refused(Reason reason) {
    asked(false);
    if (settled) {
      return;
    }
    if (fallBack.isThere()) {
      fallBack(reason);
    } else if (!triesAgain() && !isOutOfTurn()) {
      answered(RelayedReply.unavailable(reason));
    }
  }

  /** What it may fall back on it gets when its turn has come, by {@link #tooLate}. */
  private boolean isOutOfTurn() {
    return deadline != null && !fallBack.isInTurn();
  }

  /** A read changes nothing: while there is time it is sent once more, after a wait. */
  private boolean triesAgain() {
    boolean later = client.upstream().retries().later(this, attempts + 1, startedNs);
    attempts += later ? 1 : 0;
    return later;
  }

  @Override
  public void again() {
    if (settled) {
      return;
    }
    if (client.isOpen()) {
      ask(request());
    } else {
      shareFailure();
      end();
    }
  }

  /** Redis cannot be asked: what L1 held, the database, or the error that says so. */
  private void fallBack(Reason reason) {
    settle();
    Entry stale = fallBack.takeStale();
    if (stale != null) {
      shareFailure();
      append(stale);
      end();
    } else if (fallBack.isDatabase()) {
      readDatabase(false);
    } else {
      answered(RelayedReply.unavailable(reason));
    }
  }

  private void readDatabase(boolean redisAnswers) {
    fallBack.readDatabase(
        redisAnswers, floorNs, found -> client.execute(() -> databaseAnswered(found)));
  }

  /** It may be newer than what L1 holds, and so may all that was written before it. */
  private void databaseAnswered(byte @Nullable [] found) {
    if (found == null || found[0] != '-') {
      touch.shown(found);
    }
    client.session().floorNs = System.nanoTime();
    answered(found);
  }

  private void answered(byte @Nullable [] found) {
    if (client.isOpen()) {
      reply.append(found == null ? client.session().nullReply() : found);
    }
    SharedRead others = lead;
    if (others != null) {
      others.answered(found);
    }
    end();
  }

  private void shareFailure() {
    SharedRead others = lead;
    if (others != null) {
      others.failed();
    }
  }

  private void end() {
    if (finished) {
      return;
    }
    finished = true;
    settle();
    ended.run();
    if (sent && beside) {
      client.upstream().besideEnded(key);
    } else if (sent) {
      client.upstream().readEnded(key);
    }
    client.context().counters().latency(way, System.nanoTime() - startedNs);
    if (client.isOpen()) {
      reply.complete();
    }
  }
}
