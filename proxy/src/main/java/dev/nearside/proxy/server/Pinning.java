package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.Node;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Gives one client an upstream connection of its own while it has state there, and takes it back
 * when that is over. Confined to the client's event loop.
 *
 * <p>Neither shows: a client is pinned and unpinned only while no reply is owed to it, what it said
 * about itself is repeated on the new connection, and it is unpinned only if its {@link Session}
 * knows all the state that the connection has. A connection that was pinned is closed, never given
 * to another client. It is kept for {@value #LINGER_MS} ms after it was last needed, for clients
 * that do the same again and again.
 */
final class Pinning {
  private static final String JUST_FAILED = "it could not be reached a moment ago";
  private static final int LINGER_MS = 2_000;

  private final ClientConnection client;
  private final Session session;
  private final LoopContext context;
  private final Upstream upstream;
  private final Subscriptions subscriptions = new Subscriptions();
  private final @Nullable ClusterRelay cluster;
  private @Nullable OwnConnections connections;
  private @Nullable OwnConnection only;
  private @Nullable String failure;
  private long neededNs;
  private boolean pinned;
  private boolean fellBehind;
  private boolean leaving;

  Pinning(ClientConnection client, Upstream upstream, @Nullable ClusterRelay cluster) {
    this.client = client;
    this.upstream = upstream;
    this.cluster = cluster;
    this.session = client.session();
    this.context = client.context();
  }

  /** Returns whether the client is pinned, if only to a connection that is still being made. */
  boolean isPinned() {
    return pinned;
  }

  /**
   * Returns the client's own connection, which may still be being made, or null; to a cluster it
   * has {@link #connections} instead.
   */
  @Nullable OwnConnection connection() {
    return only;
  }

  /** Returns the connections of a client that is pinned. */
  OwnConnections connections() {
    OwnConnections made = connections;
    if (made == null) {
      made = new OwnConnections(client, this);
      connections = made;
    }
    return made;
  }

  Subscriptions subscriptions() {
    return subscriptions;
  }

  /**
   * Pins the client, unless it is pinned and open already. To a cluster each connection is made
   * when it is needed, and what is sent waits for that.
   *
   * @return whether a request may be relayed now; false: the client was paused and goes on later,
   *     or {@link #takeFailure} says why it cannot be
   */
  boolean isOpen() {
    if (failure != null) {
      return false;
    }
    OwnConnection sole = only;
    if (sole != null && sole.isOpen()) {
      return true;
    }
    if (!pinned && client.replies().owesReplies()) {
      client.pauseUntilDrained();
      return false;
    }
    if (!pinned) {
      context.counters().pinned();
      pinned = true;
    }
    return cluster != null || isOpen(context.lanes().topology().view().home());
  }

  /** Returns the same of the pinned client's connection to {@code node}. */
  boolean isOpen(Node node) {
    if (failure != null) {
      return false;
    }
    OwnConnection own = connections().to(node);
    if (cluster == null) {
      only = own;
    }
    if (own.isOpen()) {
      return true;
    }
    own.awaitOpen();
    if (!own.isMade()) {
      client.schedule(() -> own.pinnedFailed(JUST_FAILED), Duration.ZERO);
    }
    return false;
  }

  /** Returns and forgets why the client could not be pinned, or null if nothing failed. */
  @Nullable String takeFailure() {
    String why = failure;
    failure = null;
    return why;
  }

  /** Says that the command relayed now needs a connection of its own. */
  void needed() {
    neededNs = client.nowNs();
  }

  /** The client does not keep up with what it is sent: it is to be pinned by its next command. */
  void fellBehind() {
    if (!fellBehind) {
      fellBehind = true;
      context.counters().slowReader();
    }
  }

  boolean isWanted() {
    return fellBehind && !pinned;
  }

  /** No reply is awaited on the client's own connection: it is given back unless needed again. */
  void mayLeave() {
    if (!leaving && pinned && session.isPlain()) {
      leaving = true;
      client.schedule(this::leave, Duration.ofMillis(LINGER_MS));
    }
  }

  private void leave() {
    leaving = false;
    if (!pinned || !session.isPlain()) {
      return; // the reply that makes it plain again asks again
    }
    boolean lingers = System.nanoTime() - neededNs < Duration.ofMillis(LINGER_MS).toNanos();
    if (lingers || upstream.outstanding() > 0 || connections().arePushing() || !client.isIdle()) {
      mayLeave();
    } else {
      release();
    }
  }

  /**
   * RESET was answered. A connection with state that outlasts it, such as the number that CLIENT ID
   * tells, stays the client's; what the sidecar has to say on it is said again.
   */
  void reset() {
    OwnConnection kept = cluster == null ? only : cluster.keptByReset();
    if (kept == null || !session.kept) {
      release();
      return;
    }
    fellBehind = false;
    forget(kept.node());
    kept.connection().greetAgain(session.database);
  }

  /** Gives the connections up without a word to the client. */
  void release() {
    pinned = false;
    only = null;
    fellBehind = false;
    forget(null);
  }

  private void forget(@Nullable Node butNode) {
    subscriptions.clear();
    if (cluster != null) {
      cluster.forget();
    }
    OwnConnections all = connections;
    if (all != null) {
      all.held().clear();
      all.closeAllBut(butNode);
    }
  }

  /**
   * The client sends no more. On a connection of its own the upstream is told so, and decides as
   * for a client of its own: what waits there for data must not take it any more.
   *
   * @return whether there is one, whose end is then the client's
   */
  boolean endInput() {
    OwnConnections all = connections;
    if (!pinned || all == null) {
      return false;
    }
    all.endInput(); // also where none is there now: what is tried again goes nowhere
    return !all.isEmpty();
  }

  /**
   * {@code own} could not be made.
   *
   * @param why what the client is to be told who has waited for it, or null where none has
   */
  void failed(OwnConnection own, @Nullable String why) {
    connections().forget(own);
    failure = why;
    if (cluster == null) {
      only = null;
      pinned = false;
    }
  }

  /**
   * {@code own} has ended, and what was unanswered there is lost. To a cluster another can be made
   * where nothing was on it that only the node knew.
   */
  void closed(OwnConnection own) {
    boolean isMissed =
        cluster == null || (connections().forget(own) && cluster.isMissed(own.node()));
    if (pinned && isMissed) {
      client.closeWhenWritten();
    }
  }

  /** Returns whether this says that a shard channel is elsewhere now, unasked. */
  boolean isShardLost(ByteBuf in, int from, int to) {
    return cluster != null && cluster.shards().isShardLost(in, from, to);
  }

  /** Subscribes anew to the shard channel that is elsewhere now, if that is what this says. */
  boolean keepsShard(ByteBuf in, int from, int to) {
    return cluster != null && cluster.shards().keepsShard(in, from, to);
  }

  /** The client takes no more bytes for now, or again. */
  void clientWritable(boolean writable) {
    OwnConnections all = connections;
    if (all != null) {
      all.read(writable);
    }
  }

  /** The client is gone. */
  void close() {
    pinned = false;
    OwnConnections all = connections;
    if (all != null) {
      all.closeAllBut(null);
    }
  }
}
