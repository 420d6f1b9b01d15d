package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.resp.Requests;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
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
  private final PendingReply reply;
  private final Touch touch;
  private final Runnable ended;

  /**
   * Creates a read.
   *
   * @param key a copy that is the read's own
   * @param readThrough the namespace whose database has the key, or null
   * @param reply takes the reply
   * @param ended called when the read needs no more of the upstream or the database
   */
  GetRead(
      ClientConnection client,
      LookupKey key,
      @Nullable Namespace readThrough,
      PendingReply reply,
      Runnable ended) {
    this.client = client;
    this.key = key;
    this.readThrough = readThrough;
    this.reply = reply;
    this.ended = ended;
    this.touch = Touch.read(client.context().coherence(), List.of(key));
  }

  /** Reads on the client's own way to the upstream. */
  void relay() {
    byte[] request = Requests.encode("GET", key.name());
    client.upstream().send(Unpooled.wrappedBuffer(request), 0, request.length, this);
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
      client.session().floorNs = System.nanoTime();
      if (readThrough != null && last && isNull(in, from)) {
        readDatabase(readThrough);
        return;
      }
    }
    reply.append(in, from, to);
    if (last) {
      end();
    }
  }

  private static boolean isNull(ByteBuf in, int from) {
    byte type = in.getByte(from);
    return type == '_' || (type == '$' && in.getByte(from + 1) == '-');
  }

  private void readDatabase(Namespace namespace) {
    client
        .context()
        .reads()
        .readThrough(namespace, key.name(), found -> client.execute(() -> answered(found)));
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
    client.close("upstream connection lost");
  }

  @Override
  public void refused(Reason reason) {
    if (readThrough != null) {
      readDatabase(readThrough);
    } else {
      reply.append(RelayedReply.unavailable(reason));
      end();
    }
  }

  private void end() {
    ended.run();
    if (client.isOpen()) {
      reply.complete();
    }
  }
}
