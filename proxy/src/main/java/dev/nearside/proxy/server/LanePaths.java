package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.KeyPositions;
import dev.nearside.proxy.command.KeyVisitor;
import dev.nearside.proxy.command.Spread;
import dev.nearside.proxy.relay.Lane;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.relay.Lanes;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.ReplySink;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One client's ways by lanes: one to each node it has had to do with, which is only one but for a
 * cluster. What goes to different nodes runs in parallel. Confined to the client's event loop.
 */
final class LanePaths {
  private final ClientConnection client;
  private final Lanes lanes;
  private final Topology topology;
  private final Session session;
  private final Map<Node, LanePath> byNode = new HashMap<>(1);
  private final FirstKey firstKey = new FirstKey();
  private @Nullable LanePath latest;
  private Topology.View view;
  private int version;
  private int slot = HashSlot.NONE;
  private @Nullable List<Scatter.Piece> pieces;
  private List<LanePath> ways = List.of();

  LanePaths(ClientConnection client, Lanes lanes, Session session) {
    this.client = client;
    this.lanes = lanes;
    this.session = session;
    this.topology = lanes.topology();
    this.view = topology.view();
  }

  Topology topology() {
    return topology;
  }

  /** Returns the way to {@code node}. */
  LanePath to(Node node) {
    LanePath known = latest;
    if (known == null || !known.node().equals(node)) {
      known = byNode.computeIfAbsent(node, unknown -> new LanePath(lanes, session, unknown));
      latest = known;
    }
    return known;
  }

  LanePath ofSlot(int slot) {
    return to(view.nodeOf(slot));
  }

  /** Returns the slot of {@code key}, or none where that does not matter. */
  int slotOf(LookupKey key) {
    return topology.isCluster() ? key.slot() : HashSlot.NONE;
  }

  /**
   * Returns the slot of the first key of {@code request}, or none: where the others are elsewhere,
   * the node that has it says so, in Redis's words.
   */
  int slotOf(Command command, Request request) {
    if (!topology.isCluster()) {
      return HashSlot.NONE;
    }
    if (command.spread() == Spread.CHANNEL) {
      return request.argCount() < 2 ? HashSlot.NONE : slotOf(request, 1);
    }
    firstKey.arg = 0;
    KeyPositions.forEachKey(command, request, firstKey);
    return firstKey.arg == 0 ? HashSlot.NONE : slotOf(request, firstKey.arg);
  }

  static int slotOf(Request request, int arg) {
    return HashSlot.of(request.buffer(), request.argStart(arg), request.argLength(arg));
  }

  private static final class FirstKey implements KeyVisitor {
    private int arg;

    @Override
    public void visit(int found) {
      arg = arg == 0 ? found : arg;
    }
  }

  /**
   * Returns whether {@code command} has to wait until every reply awaited is there, or it could be
   * executed before what was sent earlier.
   *
   * @param outstanding how many commands of the client are unanswered
   */
  boolean mustWait(Command command, Request request, int outstanding) {
    boolean moved = hasMoved(outstanding);
    chart(command, request);
    boolean waits = moved;
    for (LanePath path : ways) {
      waits |= mustWait(path, command, outstanding);
    }
    return waits;
  }

  /** Finds the way of {@code request}, once for all that is asked about it. */
  private void chart(Command command, Request request) {
    pieces = topology.isCluster() ? Scatter.of(view, command, request) : null;
    slot = pieces == null ? slotOf(command, request) : HashSlot.NONE;
    ways =
        pieces == null
            ? ofSlot(slot).alone()
            : pieces.stream().map(Scatter.Piece::node).distinct().map(this::to).toList();
  }

  private boolean mustWait(LanePath path, Command command, int outstanding) {
    boolean awaited = isAwaited(path, outstanding);
    boolean otherLane = path.choose(command, awaited) == null;
    if (otherLane) {
      path.waited(command);
    }
    return otherLane || (awaited && path.couldOvertake());
  }

  /**
   * Returns whether the upstream takes the command without more being kept in memory, of which
   * {@link #mustWait} was asked last.
   */
  boolean isWritable(Command command, int outstanding) {
    for (LanePath path : ways) {
      if (!isWritable(path, command, outstanding)) {
        return false;
      }
    }
    return true;
  }

  private boolean isWritable(LanePath path, Command command, int outstanding) {
    LaneKey.Kind kind = path.choose(command, isAwaited(path, outstanding));
    return kind == null || path.lane(kind).isWritable();
  }

  /**
   * Returns the requests that the one is made of of which {@link #mustWait} was asked last; null
   * where it goes as it is.
   */
  @Nullable List<Scatter.Piece> pieces() {
    return pieces;
  }

  /** Returns the slot of that request, or none. */
  int slot() {
    return slot;
  }

  /** Returns who has what, as it was then. */
  Topology.View view() {
    return view;
  }

  /**
   * Returns whether, with {@code outstanding} commands of the client unanswered, a slot may have
   * gone to another node since the first of them: what is sent there now could overtake what is
   * sent on from here.
   */
  private boolean hasMoved(int outstanding) {
    view = topology.view();
    if (outstanding == 0) {
      version = view.version();
    }
    return version != view.version();
  }

  /** Returns whether a reply of {@code path}'s node is awaited. */
  boolean isAwaited(LanePath path, int outstanding) {
    return topology.isCluster() ? path.isAwaited() : outstanding > 0;
  }

  /** Sends the bytes of one of the requests that another one is made of. */
  void send(LanePath path, LaneKey.Kind kind, Scatter.Piece piece, byte[] request, ReplySink sink) {
    boolean settled = piece.slot() == HashSlot.NONE;
    new RoutedRequest(client, this, path, piece.slot(), settled, by(kind), request, sink).send();
  }

  /** Sends a whole request that is {@code length} bytes from {@code start}. */
  void send(
      LanePath path,
      LaneKey.Kind kind,
      int slot,
      ByteBuf from,
      int start,
      int length,
      ReplySink sink) {
    if (topology.isCluster()) {
      byte[] request = ByteBufUtil.getBytes(from, start, length);
      new RoutedRequest(client, this, path, slot, false, by(kind), request, sink).send();
    } else {
      Lane lane = path.lane(kind);
      lane.send(from, start, length, sink);
    }
  }

  private Carrier by(LaneKey.Kind kind) {
    return (node, bytes, sink) -> to(node).lane(kind).send(bytes, 0, bytes.readableBytes(), sink);
  }
}
