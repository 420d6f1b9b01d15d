package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.PinnedConnection;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A client's own connection to one node: what it pushes goes to its place among the replies, and
 * what is sent before it is open waits. Confined to the client's event loop.
 */
final class OwnConnection implements PinnedConnection.Owner {
  private record Waiting(ByteBuf request, ReplySink sink) {}

  private final ClientConnection client;
  private final Session session;
  private final Pinning pinning;
  private final Node node;
  private final Queue<Waiting> waiting = new ArrayDeque<>(0);
  private @Nullable PinnedConnection connection;
  private @Nullable PendingReply push;
  private boolean resumes;
  private boolean full;
  private boolean endsInput;

  /** Creates it; {@link #connectedBy} says by what. */
  OwnConnection(ClientConnection client, Pinning pinning, Node node) {
    this.client = client;
    this.session = client.session();
    this.pinning = pinning;
    this.node = node;
  }

  /** Takes the connection, which is being made; null where it is not even tried. */
  void connectedBy(@Nullable PinnedConnection made) {
    connection = made;
  }

  Node node() {
    return node;
  }

  /** Returns the connection itself, which was made. */
  PinnedConnection connection() {
    return Objects.requireNonNull(connection);
  }

  /** Returns whether it is there or about to be. */
  boolean isMade() {
    return connection != null;
  }

  /** Returns whether requests may be sent. */
  boolean isOpen() {
    PinnedConnection made = connection;
    return made != null && made.isOpen();
  }

  /** Returns whether it takes more without that being kept in memory. */
  boolean isWritable() {
    PinnedConnection made = connection;
    return made != null && (made.isOpen() ? made.isWritable() : waiting.isEmpty());
  }

  /** Returns whether half of a push has come. */
  boolean isPushing() {
    return push != null;
  }

  /** Pauses the client until it is open, or could not be made. */
  void awaitOpen() {
    resumes = true;
    client.pause();
  }

  /** Sends a whole request that is not changed any more, at once or when it is open. */
  void send(ByteBuf request, ReplySink sink) {
    PinnedConnection made = connection;
    if (made == null) {
      sink.refused(Reason.DISCONNECTED);
    } else if (made.isOpen()) {
      made.send(request, request.readerIndex(), request.readableBytes(), sink);
    } else {
      waiting.add(new Waiting(request, sink));
    }
  }

  /**
   * Passes bytes on.
   *
   * @return whether the upstream takes more now
   */
  boolean write(ByteBuf in, int start, int length) {
    PinnedConnection made = connection();
    made.write(in, start, length);
    full = !made.isWritable();
    return !full;
  }

  /** The client takes no more bytes for now, or again. */
  void read(boolean on) {
    PinnedConnection made = connection;
    if (made != null) {
      made.read(on);
    }
  }

  /** The client sends no more. */
  void endInput() {
    PinnedConnection made = connection;
    endsInput = true;
    if (made != null && made.isOpen()) {
      made.endInput(); // else behind what waits
    }
  }

  /** Closes it, and hears nothing more of it. */
  void close() {
    PinnedConnection made = connection;
    if (made != null) {
      made.close();
    }
    refuseWaiting(null);
  }

  @Override
  public void pinnedOpened() {
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      send(next.request, next.sink);
    }
    if (endsInput) {
      connection().endInput();
    }
    resume();
  }

  private void resume() {
    if (resumes) {
      resumes = false;
      client.resume();
    }
  }

  @Override
  public void pinnedFailed(String why) {
    connection = null;
    pinning.failed(this, resumes ? why : null);
    refuseWaiting(why.startsWith("-") ? why : null);
    resume();
  }

  /** Nothing of it was sent; where a node has said why not, that is the answer. */
  private void refuseWaiting(@Nullable String words) {
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      if (words == null) {
        next.sink.refused(Reason.DISCONNECTED);
      } else {
        byte[] said = Replies.error(words.substring(1));
        do {
          next.sink.reply(Unpooled.wrappedBuffer(said), 0, said.length, true, true);
        } while (next.sink.expectsMore());
      }
    }
  }

  @Override
  public void pinnedClosed() {
    PendingReply cutOff = push;
    push = null;
    if (cutOff != null) {
      cutOff.complete(); // as much of it as has come
    }
    refuseWaiting(null);
    pinning.closed(this);
  }

  @Override
  public boolean isPush(byte type, ByteBuf in, int from, int to) {
    Subscriptions subscriptions = pinning.subscriptions();
    return switch (type) {
      case '>' -> !subscriptions.isConfirmation(in, from, to) || pinning.isShardLost(in, from, to);
      case '*' ->
          session.protocol == 2
              && session.subscriber
              && (subscriptions.isMessage(in, from, to) || pinning.isShardLost(in, from, to));
      default -> false;
    };
  }

  /** A push may name data that was written before it was sent: L1 has to know of that first. */
  @Override
  public void pushed(ByteBuf in, int from, int to, boolean first, boolean last) {
    PipeEffects effects = client.upstream().pipeEffects();
    effects.received();
    if (session.pipe && !effects.mayTellOfKeys() && client.replies().isEmpty()) {
      client.replies().output().write(in, from, to);
      client.flushSoon();
      return;
    }
    PendingReply current = push;
    if (current == null && first && last && !session.pipe && pinning.keepsShard(in, from, to)) {
      return;
    }
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
    session.becomePipe(client.context().policy().database());
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
}
