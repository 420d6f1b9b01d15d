package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.PinnedConnection;
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
final class Pinning implements PinnedConnection.Owner {
  private static final String JUST_FAILED = "it could not be reached a moment ago";
  private static final int LINGER_MS = 2_000;

  private final ClientConnection client;
  private final Session session;
  private final LoopContext context;
  private final Upstream upstream;
  private final Subscriptions subscriptions = new Subscriptions();
  private @Nullable PinnedConnection pinned;
  private @Nullable String failure;
  private @Nullable PendingReply push;
  private long neededNs;
  private boolean fellBehind;
  private boolean leaving;
  private boolean full;

  Pinning(ClientConnection client, Upstream upstream) {
    this.client = client;
    this.upstream = upstream;
    this.session = client.session();
    this.context = client.context();
  }

  /** Returns the client's own connection, which may still be being made, or null. */
  @Nullable PinnedConnection connection() {
    return pinned;
  }

  Subscriptions subscriptions() {
    return subscriptions;
  }

  /**
   * Pins the client, unless it is pinned and open already.
   *
   * @return whether a request may be relayed now; false: the client was paused and goes on later,
   *     or {@link #takeFailure} says why it cannot be
   */
  boolean isOpen() {
    PinnedConnection own = pinned;
    if (failure != null) {
      return false;
    }
    if (own == null) {
      if (client.replies().owesReplies()) {
        client.pauseUntilDrained();
        return false;
      }
      context.counters().pinned();
      client.pause();
      pinned =
          context
              .lanes()
              .pin(
                  context.lanes().topology().view().home(),
                  session.protocol,
                  session.database,
                  session.replayed(),
                  this);
      if (pinned == null) {
        client.schedule(() -> pinnedFailed(JUST_FAILED), Duration.ZERO);
      }
      return false;
    }
    if (!own.isOpen()) {
      client.pause();
    }
    return own.isOpen();
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
    return fellBehind && pinned == null && !context.lanes().topology().isCluster();
  }

  /** No reply is awaited on the client's own connection: it is given back unless needed again. */
  void mayLeave() {
    if (!leaving && pinned != null && session.isPlain()) {
      leaving = true;
      client.schedule(this::leave, Duration.ofMillis(LINGER_MS));
    }
  }

  private void leave() {
    leaving = false;
    if (pinned == null || !session.isPlain()) {
      return; // the reply that makes it plain again asks again
    }
    boolean lingers = System.nanoTime() - neededNs < Duration.ofMillis(LINGER_MS).toNanos();
    if (lingers || upstream.outstanding() > 0 || push != null || !client.isIdle()) {
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
    PinnedConnection own = pinned;
    if (own == null || !session.kept) {
      release();
      return;
    }
    fellBehind = false;
    subscriptions.clear();
    own.greetAgain(session.database);
  }

  /** Gives the connection up without a word to the client. */
  void release() {
    PinnedConnection own = pinned;
    pinned = null;
    fellBehind = false;
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

  /**
   * Passes bytes on.
   *
   * @return whether the upstream takes more now
   */
  boolean write(PinnedConnection own, ByteBuf in, int start, int length) {
    own.write(in, start, length);
    full = !own.isWritable();
    return !full;
  }

  @Override
  public void pinnedOpened() {
    client.resume();
  }

  @Override
  public void pinnedFailed(String why) {
    pinned = null;
    failure = why;
    client.resume();
  }

  @Override
  public void pinnedClosed() {
    PendingReply cutOff = push;
    push = null;
    if (cutOff != null) {
      cutOff.complete(); // as much of it as has come
    }
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

  /** A push may name data that was written before it was sent: L1 has to know of that first. */
  @Override
  public void pushed(ByteBuf in, int from, int to, boolean first, boolean last) {
    upstream.pipeEffects().received();
    if (session.pipe && !upstream.pipeEffects().mayTellOfKeys() && client.replies().isEmpty()) {
      client.replies().output().write(in, from, to);
      client.flushSoon();
      return;
    }
    PendingReply current = push;
    if (current == null) {
      current = new PendingReply(client.replies());
      current.hold();
      client.replies().addBeforeAwaited(current);
      push = current;
      client.afterBarrier(current::release);
    }
    current.append(in, from, to);
    if (last) {
      push = null;
      current.complete();
    }
  }

  @Override
  public void pinnedBecamePipe() {
    session.becomePipe(context.policy().database());
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
}
