package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.resp.Requests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Relays what a pinned client sends by connections of its own: one command after the other, large
 * ones as they come, and all as it is where nobody can tell the replies apart. Confined to the
 * client's event loop.
 */
final class OwnRelay {
  /** GET without a key, which every version refuses to queue. */
  private static final byte[] NO_COMMAND = Requests.encode("GET");

  private final ClientConnection client;
  private final Session session;
  private final Upstream upstream;
  private final Touches touches;
  private final Pinning pinning;
  private final @Nullable ClusterRelay cluster;
  private @Nullable OwnConnection streamedTo;
  private @Nullable Touch streamed;

  OwnRelay(
      ClientConnection client,
      Upstream upstream,
      Touches touches,
      Pinning pinning,
      @Nullable ClusterRelay cluster) {
    this.client = client;
    this.session = client.session();
    this.upstream = upstream;
    this.touches = touches;
    this.pinning = pinning;
    this.cluster = cluster;
  }

  /** Answers a request that cannot be taken to a cluster; returns whether it is one. */
  boolean refuses(Command command, Request request) {
    if (cluster == null || session.pipe || !pinning.isPinned()) {
      return false;
    }
    byte[] refusal = cluster.refusal(command, request);
    if (refusal != null) {
      cluster.refuse(command, refusal);
    }
    return refusal != null;
  }

  /**
   * Answers what a transaction cannot queue; the upstream refuses something in its place, and EXEC.
   */
  void refuseQueued(Command command, byte[] words) {
    if (cluster != null) {
      cluster.refuse(command, words);
      return;
    }
    pipe()
        .connection()
        .send(
            Unpooled.wrappedBuffer(NO_COMMAND),
            0,
            NO_COMMAND.length,
            new RefusedReply(client, words));
  }

  /** Returns whether the upstream takes more without its being kept in memory. */
  boolean isWritable() {
    boolean whole = cluster == null || session.pipe;
    return whole ? pipe().isWritable() : Objects.requireNonNull(cluster).isWritable();
  }

  /**
   * Relays a request.
   *
   * @param touch what it does to L1
   * @param endsReplies whether replies cannot be told apart from here on
   */
  void relay(Command command, Request request, @Nullable Touch touch, boolean endsReplies) {
    noteNeed(command);
    if (touch != null) {
      touch.forwarded();
    }
    if (endsReplies) {
      session.becomePipe(client.context().policy().database());
      pipe().connection().becomePipe();
    }
    if (session.pipe) {
      relayByPipe(pipe(), request, touch);
      return;
    }
    if (cluster != null) {
      relayToCluster(cluster, command, request, touch);
      return;
    }
    RelayedReply reply = upstream.replyTo(command, request, request.argCount(), touch);
    upstream.track(reply);
    pipe().connection().send(request.buffer(), request.start(), request.length(), reply);
  }

  /** Returns the connection by which all goes that goes as it is. */
  private OwnConnection pipe() {
    OwnConnection only = pinning.connection();
    return (only == null && cluster != null)
        ? pinning.connections().to(cluster.home())
        : Objects.requireNonNull(only);
  }

  private void relayToCluster(
      ClusterRelay cluster, Command command, Request request, @Nullable Touch touch) {
    List<Scatter.Piece> pieces = cluster.pieces();
    if (pieces != null) {
      ScatteredReply reply =
          new ScatteredReply(client, command, request, touch, pieces, cluster.view());
      upstream.track(reply);
      for (int i = 0; i < pieces.size(); i++) {
        Scatter.Piece piece = pieces.get(i);
        cluster.send(piece, Scatter.bytes(piece, command.spread(), request), reply.part(i));
      }
    } else if (!cluster.sendOfShards(command, request)) {
      RelayedReply reply = upstream.replyTo(command, request, request.argCount(), touch);
      upstream.track(reply);
      cluster.send(command, request, reply);
    }
  }

  private void noteNeed(Command command) {
    switch (command.way()) {
      case LOCAL_GET, LOCAL_MGET, LANE, BULK_LANE, GREETING, QUIT, RESET, OWN -> {}
      case PINNED, PIPE -> pinning.needed();
    }
  }

  /**
   * Returns whether the client's own connection is open to which {@code request} goes as it is, if
   * it does; see {@link Pinning#isOpen}.
   */
  boolean isPipeOpen(Command command, Request request) {
    boolean pipes = pinning.isPinned() && (session.pipe || touches.endsReplies(command, request));
    return cluster == null || !pipes || pinning.isOpen(cluster.home());
  }

  /** Returns the error for a large request that is not taken to a cluster, or null. */
  byte @Nullable [] refusalOfLarge(Command command, Request head) {
    return cluster == null
        ? null
        : ClusterRefusals.ofLarge(command, head, cluster.slotOf(command, head));
  }

  /** Returns whether a large request can be sent; see {@link Pinning#isOpen}. */
  boolean isReadyForLarge(Command command, Request head) {
    return pinning.isOpen()
        && (cluster == null || session.pipe || cluster.isReadyForLarge(command, head));
  }

  private void relayByPipe(OwnConnection own, Request request, @Nullable Touch touch) {
    own.connection().write(request.buffer(), request.start(), request.length());
    upstream.pipeEffects().sent(touch);
  }

  /** Begins a request whose bytes follow by {@link #stream}; the client is pinned. */
  void relayLarge(Command command, Request head, int announcedArgs) {
    Touch touch = touches.ofLarge(command, head, announcedArgs);
    touches.note(command, announcedArgs);
    pinning.needed();
    client.context().counters().request(upstream.way(), command.label());
    if (session.pipe) {
      streamedTo = pipe();
      upstream.pipeEffects().sent(touch);
      return;
    }
    streamed = touch;
    RelayedReply reply = upstream.replyTo(command, head, announcedArgs, touch);
    upstream.track(reply);
    if (cluster == null) {
      streamedTo = pipe();
      pipe().connection().expect(reply);
    } else {
      streamedTo = cluster.expect(command, reply);
    }
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
    return Objects.requireNonNull(streamedTo).write(in, start, length);
  }
}
