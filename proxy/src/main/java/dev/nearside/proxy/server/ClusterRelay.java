package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.CommandFlag;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.command.KeyPositions;
import dev.nearside.proxy.command.Spread;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.resp.Requests;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Relays the commands of a pinned client to the nodes of a cluster, by connections of its own.
 * Confined to the client's event loop.
 *
 * <p>What has keys goes where its first key is, what has none to the <em>home</em> node, which
 * stays the same while there is anything on it; MULTI goes where the client has watched, or was
 * last. Commands for one node may follow each other unanswered; before the client goes on to
 * another, and around everything that leaves state or may block, all is answered.
 */
final class ClusterRelay {
  /** Is refused wherever it is queued, and so is the EXEC behind it. */
  private static final byte[] POISON = Requests.encode("GET");

  private final ClientConnection client;
  private final Session session;
  private final Upstream upstream;
  private final LanePaths paths;
  private final Topology topology;
  private final ShardRelay shards;
  private final HomeNode home;
  private final WatchedKeys watched = new WatchedKeys();
  private @Nullable RoutedTransaction transaction;
  private @Nullable Node last;
  private @Nullable Node lastKeyed;
  private @Nullable Node streamed;
  private Topology.View view;
  private int version;
  private boolean isWrong;
  private boolean alone;
  private boolean blocking;
  private int slot = HashSlot.NONE;
  private Node target;
  private @Nullable List<Scatter.Piece> pieces;

  ClusterRelay(ClientConnection client, Upstream upstream, LanePaths paths) {
    this.client = client;
    this.session = client.session();
    this.upstream = upstream;
    this.paths = paths;
    this.topology = paths.topology();
    this.view = topology.view();
    this.target = view.home();
    this.shards = new ShardRelay(client, upstream, this);
    this.home = new HomeNode(session, upstream, topology);
  }

  private OwnConnections connections() {
    return upstream.pinning().connections();
  }

  private boolean isQueueing() {
    RoutedTransaction open = transaction;
    return open != null && !open.isEnding();
  }

  /** Finds the way of {@code request}, once for all that is asked about it. */
  private void chart(Command command, Request request) {
    view = topology.view();
    pieces = isQueueing() ? null : Scatter.of(view, command, request);
    isWrong = !command.acceptsArgCount(request.argCount()); // which any node says
    boolean hasKeys = !isWrong && !KeyPositions.lacksKeys(command, request);
    chart(command, hasKeys ? paths.slotOf(command, request) : HashSlot.NONE);
  }

  private boolean isReset(Command command) {
    return command.connectionEffect() == ConnectionEffect.RESET && !isWrong;
  }

  private boolean isRestricted() {
    return session.subscriber && session.protocol == 2;
  }

  private void chart(Command command, int keySlot) {
    slot = keySlot;
    target = slot == HashSlot.NONE ? placeOf(command) : view.nodeOf(slot);
    RoutedTransaction open = transaction;
    if (open != null && !open.isEnding() && !isReset(command)) {
      target = open.node();
    }
  }

  /** Returns the node of what has no keys. */
  private Node placeOf(Command command) {
    Node special = isRestricted() ? placeOfRestricted(command) : placeOfAny(command);
    boolean isThere = special != null && connections().find(special) != null;
    return isThere ? Objects.requireNonNull(special) : home.get();
  }

  private @Nullable Node placeOfAny(Command command) {
    return switch (command.connectionEffect()) {
      case UNWATCH -> watched.node();
      case MULTI_BEGIN -> watched.node() == null ? last : watched.node();
      case WAIT -> lastKeyed;
      default -> null;
    };
  }

  /** A subscriber of RESP2 is refused what it may not say where it is known to be one. */
  private @Nullable Node placeOfRestricted(Command command) {
    return switch (command.connectionEffect()) {
      case SUBSCRIBE, UNSUBSCRIBE, RESET -> null;
      default -> home.hasSubscriptions() ? null : shards.anyNode();
    };
  }

  /** Returns the node of what is about no key. */
  Node home() {
    return home.get();
  }

  /** Returns whether {@code command} has to wait until every reply awaited is there. */
  boolean mustWait(Command command, Request request) {
    chart(command, request);
    RoutedTransaction open = transaction;
    if (open != null) {
      return open.isEnding() || open.isMoving();
    }
    if (!client.replies().owesReplies()) {
      alone = false;
      blocking = false;
      version = view.version();
      return false;
    }
    return alone
        || isAlone(command)
        || pieces != null
        || !target.equals(last)
        || version != view.version()
        || upstream.retries().arePending();
  }

  private static boolean isAlone(Command command) {
    return switch (command.way()) {
      case LOCAL_GET, LOCAL_MGET, LANE, BULK_LANE ->
          command.connectionEffect() != ConnectionEffect.NONE;
      case PINNED, PIPE, GREETING, QUIT, RESET, OWN -> true;
    };
  }

  /** Returns whether the node of the command that was asked about takes more. */
  boolean isWritable() {
    OwnConnection own = connections().find(target);
    return own == null || own.isWritable();
  }

  /** Returns whether a command that may wait for data is unanswered. */
  boolean isBlocked() {
    return blocking && client.replies().owesReplies();
  }

  /** Returns the error that answers the command that was asked about, or null. */
  byte @Nullable [] refusal(Command command, Request request) {
    boolean watches = command.connectionEffect() == ConnectionEffect.WATCH && transaction == null;
    byte[] ofWatch = watches ? watched.refusal(slot, target) : null;
    return ofWatch == null ? ClusterRefusals.of(session, command, request, slot) : ofWatch;
  }

  /**
   * Answers with {@code refusal}; a transaction in which it would have been queued then fails as if
   * its node had refused it.
   */
  void refuse(Command command, byte[] refusal) {
    RoutedTransaction open = transaction;
    boolean queues = command.connectionEffect() != ConnectionEffect.WATCH;
    if (open == null || open.isEnding() || !queues) {
      client.answer(refusal);
      return;
    }
    open.add(HashSlot.NONE, POISON, new RefusedReply(client, refusal));
  }

  /** Sends the command that was asked about; its reply is tracked. */
  void send(Command command, Request request, RelayedReply reply) {
    byte[] bytes = ByteBufUtil.getBytes(request.buffer(), request.start(), request.length());
    alone |= isAlone(command);
    blocking |= command.has(CommandFlag.BLOCKING);
    RoutedTransaction open = transaction;
    if (open != null && !open.isEnding() && !isReset(command)) {
      sendQueued(open, command, bytes, reply);
      return;
    }
    switch (command.connectionEffect()) {
      case MULTI_BEGIN -> begin(bytes, reply);
      case WATCH -> watch(bytes, reply);
      case UNWATCH -> toTarget(bytes, new AgreedReply(reply, watched::clear), node -> {});
      case HELLO, AUTH, CLIENT_NAME, CLIENT_INFO, TRACKING, NO_TOUCH, KEEPS ->
          sendState(command, request, bytes, reply);
      case RESET -> {
        if (open == null) {
          toTarget(command, bytes, reply);
        } else {
          toTarget(bytes, new EndOfTransaction(client, reply), home::become);
        }
      }
      default -> toTarget(command, bytes, reply);
    }
  }

  private void sendQueued(
      RoutedTransaction open, Command command, byte[] bytes, RelayedReply reply) {
    if (session.transaction == null) {
      open.end(bytes, reply, command.connectionEffect() == ConnectionEffect.MULTI_EXEC);
    } else {
      open.add(command.has(CommandFlag.NO_MULTI) ? HashSlot.NONE : slot, bytes, reply);
    }
  }

  private void begin(byte[] bytes, RelayedReply reply) {
    if (session.transaction == null) {
      toTarget(bytes, reply, node -> {}); // of a subscriber, and refused
      return;
    }
    Carrier carrier = noting(node -> {});
    transaction = new RoutedTransaction(client, this, carrier, target, watched.slotAt(target));
    transaction.begin(bytes, reply);
  }

  /** {@code ended} is over, or never was. */
  void ended(RoutedTransaction ended) {
    if (ended.equals(transaction)) {
      transaction = null;
      watched.clear();
    }
  }

  private void watch(byte[] bytes, RelayedReply reply) {
    int of = slot;
    Node[] at = {target};
    toTarget(bytes, new AgreedReply(reply, () -> watchedAt(at[0], of)), node -> at[0] = node);
  }

  private void watchedAt(Node node, int of) {
    if (!watched.agreed(node, of)) {
      client.close("the client watches keys of two nodes");
    }
  }

  private void sendState(Command command, Request request, byte[] bytes, RelayedReply reply) {
    if (!HeldState.concerns(command)) {
      toTarget(bytes, reply, home::become);
      return;
    }
    HeldState.Asked asked = HeldState.Asked.of(command, request);
    ReplySink first =
        new AgreedReply(reply, () -> connections().hold(command, asked, home.known()));
    toTarget(bytes, first, home::become);
  }

  private void toTarget(Command command, byte[] bytes, RelayedReply reply) {
    if (command.equals(Command.unknown())) {
      routed(slot, target, noting(home::become), bytes, reply).aboutAnySlot().send();
    } else if (slot == HashSlot.NONE) {
      toTarget(
          bytes,
          reply,
          node -> {
            switch (command.connectionEffect()) {
              case NONE, WAIT -> {}
              default -> home.become(node);
            }
          });
    } else {
      toTarget(bytes, reply, node -> lastKeyed = node);
    }
  }

  private void toTarget(byte[] bytes, ReplySink reply, Consumer<Node> sentTo) {
    send(slot, target, bytes, reply, sentTo);
  }

  /** Sends a request to the node that has {@code keySlot}. */
  void route(int keySlot, byte[] bytes, ReplySink reply) {
    Node node = keySlot == HashSlot.NONE ? home.get() : topology.view().nodeOf(keySlot);
    send(keySlot, node, bytes, reply, each -> {});
  }

  /**
   * Sends a request.
   *
   * @param node that has {@code keySlot}, as far as is known
   * @param sentTo is told where it goes, each time
   */
  void send(int keySlot, Node node, byte[] bytes, ReplySink reply, Consumer<Node> sentTo) {
    routed(keySlot, node, noting(sentTo), bytes, reply).send();
  }

  private RoutedRequest routed(
      int keySlot, Node node, Carrier carrier, byte[] bytes, ReplySink reply) {
    boolean settled = keySlot == HashSlot.NONE && connections().find(node) != null;
    return new RoutedRequest(
        client, paths, paths.to(node), keySlot, settled, carrier, bytes, reply);
  }

  private Carrier noting(Consumer<Node> sentTo) {
    return (node, bytes, sink) -> {
      last = node;
      sentTo.accept(node);
      connections().send(node, bytes, sink);
    };
  }

  /** Returns the requests that the one is made of that was asked about; null where it is whole. */
  @Nullable List<Scatter.Piece> pieces() {
    return pieces;
  }

  Topology.View view() {
    return view;
  }

  /** Sends one of those. */
  void send(Scatter.Piece piece, byte[] bytes, ReplySink reply) {
    boolean settled = piece.slot() == HashSlot.NONE;
    Carrier carrier = noting(node -> {});
    LanePath path = paths.to(piece.node());
    new RoutedRequest(client, paths, path, piece.slot(), settled, carrier, bytes, reply).send();
    last = null;
  }

  /** Sends SSUBSCRIBE or SUNSUBSCRIBE; returns whether the command is one of them. */
  boolean sendOfShards(Command command, Request request) {
    boolean isOne =
        !isQueueing()
            && command.spread() == Spread.CHANNEL
            && command.connectionEffect() != ConnectionEffect.NONE;
    if (isOne) {
      alone = true;
      shards.send(command, request, target);
    }
    return isOne;
  }

  /** Returns what the client is subscribed to by shards. */
  ShardRelay shards() {
    return shards;
  }

  /** Returns the slot of the first key of {@code request}, or none. */
  int slotOf(Command command, Request request) {
    return paths.slotOf(command, request);
  }

  /**
   * Returns whether the node of a large request is known and ready for it; if not, the client was
   * paused, or it cannot be reached.
   */
  boolean isReadyForLarge(Command command, Request head) {
    RoutedTransaction open = transaction;
    if (client.replies().owesReplies()) {
      client.pauseUntilDrained();
      return false;
    }
    view = topology.view();
    pieces = null;
    isWrong = false;
    chart(command, isRestricted() ? HashSlot.NONE : paths.slotOf(command, head));
    if (open != null && !open.goTo(slot)) {
      open.awaitThere();
      return false;
    }
    Node node = open == null ? target : open.node();
    streamed = node;
    return upstream.pinning().isOpen(node);
  }

  /** Awaits the reply to a large request. */
  OwnConnection expect(Command command, RelayedReply reply) {
    alone = true;
    blocking |= command.has(CommandFlag.BLOCKING);
    Node node = Objects.requireNonNull(streamed);
    last = node;
    RoutedTransaction open = transaction;
    OwnConnection own = connections().to(node);
    own.connection().expect(open == null ? streamed(command, node, reply) : open.large(reply));
    return own;
  }

  /** What a subscriber may not say goes where it is one, though its keys may be elsewhere. */
  private StreamedReply streamed(Command command, Node node, RelayedReply reply) {
    return isRestricted()
        ? new StreamedReply(topology, node, reply, ClusterRefusals.toSubscriber(command))
        : new StreamedReply(topology, node, reply);
  }

  /** Returns whether with {@code node}'s connection something is gone that was on it alone. */
  boolean isMissed(Node node) {
    RoutedTransaction open = transaction;
    return home.isKeptAt(node)
        || session.pipe
        || session.tracking
        || watched.areAt(node)
        || (open != null && open.node().equals(node))
        || shards.areAt(node)
        || (connections().isEnding() && connections().isEmpty());
  }

  /** Returns the connection that has what outlasts RESET. */
  @Nullable OwnConnection keptByReset() {
    return home.connection();
  }

  /** The client is gone: what was not sent of its transaction never will be. */
  void close() {
    RoutedTransaction open = transaction;
    if (open != null) {
      open.giveUp();
    }
  }

  /** The client has no state any more. */
  void forget() {
    shards.clear();
    transaction = null;
    watched.clear();
    last = null;
    lastKeyed = null;
    streamed = null;
  }
}
