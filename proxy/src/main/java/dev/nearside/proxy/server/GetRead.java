package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.relay.ReplyReader;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.resp.Requests;
import dev.nearside.proxy.telemetry.Way;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.RelayedRead;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

/**
 * One key being read for a client: by a flight, by the client's own way to the upstream, or through
 * the database when the upstream says nil or cannot be asked. Ends by completing its {@link
 * PendingReply}.
 */
final class GetRead implements Flight.Reader, ReplySink {
  private final ClientConnection client;
  private final LookupKey key;
  private final @Nullable Namespace readThrough;
  private final Way way;
  private final PendingReply reply;
  private final Touch touch;
  private final Runnable ended;
  private final long startedNs;
  private @Nullable RelayedRead redis;
  private boolean late;
  private boolean beside;
  private boolean sent;
  private @Nullable ScheduledFuture<?> deadline;

  /**
   * Creates a read.
   *
   * @param key a copy that is the read's own
   * @param readThrough the namespace whose database has the key, or null
   * @param way the way it takes, for metrics
   * @param reply takes the reply
   * @param ended called when the read needs no more of the upstream or the database
   */
  GetRead(
      ClientConnection client,
      LookupKey key,
      @Nullable Namespace readThrough,
      Way way,
      PendingReply reply,
      Runnable ended) {
    this.client = client;
    this.key = key;
    this.readThrough = readThrough;
    this.way = way;
    this.startedNs = client.nowNs();
    this.reply = reply;
    this.ended = ended;
    this.touch = Touch.read(client.context().coherence(), List.of(key));
  }

  /**
   * Reads on the client's own way to the upstream; where the database has the key as well, within
   * the guard of Redis and its time.
   */
  void relay() {
    Upstream upstream = client.upstream();
    boolean guards = beside || !upstream.isPinned();
    Namespace namespace = readThrough;
    if (namespace != null && guards) {
      ReadPath reads = client.context().reads();
      RelayedRead guarded = reads.beginRelayedRead();
      // Behind a write of this connection only Redis knows the answer.
      if (guarded.isBreakerOpen() && (beside || upstream.outstanding() == 0)) {
        readDatabase(namespace, false);
        return;
      }
      redis = guarded;
      deadline = client.schedule(() -> tooLate(namespace), reads.fillTimeout());
    }
    ByteBuf request = Unpooled.wrappedBuffer(Requests.encode("GET", key.name()));
    sent = true;
    if (beside) {
      upstream.sendBeside(key, request, this);
    } else {
      upstream.sendRead(key, request, this);
    }
  }

  private void tooLate(Namespace namespace) {
    late = true;
    asked(false);
    readDatabase(namespace, false);
  }

  /** Redis was asked: nothing waits for it any more. */
  private void asked(boolean answered) {
    RelayedRead guarded = redis;
    if (guarded != null) {
      guarded.ended(answered);
    }
    ScheduledFuture<?> timer = deadline;
    if (timer != null) {
      deadline = null;
      timer.cancel(false);
    }
  }

  @Override
  public void landed(Entry entry) {
    client.execute(() -> {
      if (client.isOpen()) {
        reply.append(entry, client.session().nullReply());
      }
      end();
    });
  }

  @Override
  public void failed() {
    client.execute(() -> {
      if (client.isOpen()) {
        beside = true;
        relay();
      } else {
        end();
      }
    });
  }

  @Override
  public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
    if (first) {
      touch.replied(in, from, to, last);
      asked(true);
    }
    if (late) {
      return; // the database has answered in its place
    }
    if (first) {
      client.session().floorNs = System.nanoTime();
      if (countedAsMiss(in, from, last) && readThrough != null) {
        readDatabase(readThrough, true);
        return;
      }
    }
    if (reply.isElement() && first && last && isOfAnotherType(in, from)) {
      reply.append(client.session().nullReply());
    } else {
      reply.append(in, from, to);
    }
    if (last) {
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
    return !late && !reply.isElement() && client.isFullFor(reply);
  }

  private boolean countedAsMiss(ByteBuf in, int from, boolean last) {
    boolean miss = last && isNull(in, from);
    if (readThrough != null && in.getByte(from) != '-') {
      client.context().reads().redisAnswered(readThrough, !miss);
    }
    return miss;
  }

  /** {@code -WRONGTYPE …} of GET is nil in MGET. */
  private static boolean isOfAnotherType(ByteBuf in, int from) {
    return in.getByte(from) == '-' && in.getByte(from + 1) == 'W';
  }

  private static boolean isNull(ByteBuf in, int from) {
    byte type = in.getByte(from);
    return type == '_' || (type == '$' && in.getByte(from + 1) == '-');
  }

  private void readDatabase(Namespace namespace, boolean redisAnswers) {
    client
        .context()
        .reads()
        .readThrough(
            namespace, key.name(), redisAnswers, found -> client.execute(() -> answered(found)));
  }

  private void answered(byte @Nullable [] found) {
    if (client.isOpen()) {
      reply.append(found == null ? client.session().nullReply() : found);
    }
    end();
  }

  @Override
  public void lost() {
    touch.lost();
    asked(false);
    if (!late) {
      client.closeWhenFlushed();
    }
  }

  @Override
  public void refused(Reason reason) {
    asked(false);
    if (late) {
      return;
    }
    if (readThrough != null) {
      readDatabase(readThrough, false);
    } else {
      reply.append(RelayedReply.unavailable(reason));
      end();
    }
  }

  private void end() {
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
