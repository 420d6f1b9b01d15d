package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.Spread;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes one request to a cluster apart into those that its nodes answer. Nodes refuse keys of
 * several slots even where they have both, so each slot gets one of its own. Stateless.
 */
final class Scatter {
  /**
   * One request of several.
   *
   * @param slot that its keys are in, or {@link HashSlot#NONE}
   * @param node that it goes to; the one that has the slot, where there is one
   * @param keys which of the keys, counted from 0, it has
   */
  record Piece(int slot, Node node, ByteBuf request, List<Integer> keys) {}

  /** Cursors of nodes are shifted by so many bits, which say the node. */
  private static final int NODE_BITS = 10;

  private Scatter() {}

  /** Returns the requests that {@code request} is made of; null where it goes as it is. */
  static @Nullable List<Piece> of(Topology.View view, Command command, Request request) {
    Spread spread = command.spread();
    if (!command.acceptsArgCount(request.argCount())) {
      return null;
    }
    if (spread.splitsKeys()) {
      return bySlot(view, spread, request);
    }
    if (spread.isForAll()) {
      return forAll(view, request);
    }
    return spread == Spread.CURSOR ? cursor(view, request) : null;
  }

  private static @Nullable List<Piece> bySlot(Topology.View view, Spread spread, Request request) {
    int step = spread == Spread.PAIRS ? 2 : 1;
    if ((request.argCount() - 1) % step != 0) {
      return null; // an error, which any node knows
    }
    Map<Integer, List<Integer>> keysBySlot = new LinkedHashMap<>();
    for (int arg = 1; arg < request.argCount(); arg += step) {
      int slot = LanePaths.slotOf(request, arg);
      keysBySlot.computeIfAbsent(slot, unknown -> new ArrayList<>()).add((arg - 1) / step);
    }
    if (keysBySlot.size() == 1) {
      return null;
    }
    List<Piece> pieces = new ArrayList<>(keysBySlot.size());
    keysBySlot.forEach((slot, keys) ->
        pieces.add(new Piece(slot, view.nodeOf(slot), request(request, keys, step), keys)));
    return pieces;
  }

  private static ByteBuf request(Request request, List<Integer> keys, int step) {
    ByteBuf out = Unpooled.buffer();
    Replies.writeArrayHeader(out, 1 + keys.size() * step);
    write(out, request, 0);
    for (int key : keys) {
      for (int i = 0; i < step; i++) {
        write(out, request, 1 + key * step + i);
      }
    }
    return out;
  }

  private static void write(ByteBuf out, Request request, int arg) {
    Replies.writeHeader(out, '$', request.argLength(arg));
    out.writeBytes(request.buffer(), request.argStart(arg), request.argLength(arg));
    out.writeByte('\r').writeByte('\n');
  }

  private static List<Piece> forAll(Topology.View view, Request request) {
    List<Piece> pieces = new ArrayList<>();
    for (Node node : view.primaries()) {
      ByteBuf same = request.buffer().copy(request.start(), request.length());
      pieces.add(new Piece(HashSlot.NONE, node, same, List.of()));
    }
    return pieces;
  }

  /** A cursor that is none is any node's to refuse. */
  private static @Nullable List<Piece> cursor(Topology.View view, Request request) {
    List<Node> numbered = view.numbered();
    long said;
    try {
      said = Long.parseUnsignedLong(new String(request.arg(1), StandardCharsets.US_ASCII));
    } catch (NumberFormatException e) {
      return null;
    }
    int index = said == 0 ? next(view, 0) : (int) (said & (1 << NODE_BITS) - 1);
    if (index >= numbered.size()) {
      return null;
    }
    byte[] own = Long.toUnsignedString(said >>> NODE_BITS).getBytes(StandardCharsets.US_ASCII);
    ByteBuf out = Unpooled.buffer();
    Replies.writeArrayHeader(out, request.argCount());
    write(out, request, 0);
    Replies.writeBulk(out, own, 0, own.length);
    for (int arg = 2; arg < request.argCount(); arg++) {
      write(out, request, arg);
    }
    return List.of(new Piece(HashSlot.NONE, numbered.get(index), out, List.of(index)));
  }

  /** Returns the index of the first node from {@code from} on that has slots. */
  private static int next(Topology.View view, int from) {
    List<Node> numbered = view.numbered();
    List<Node> primaries = view.primaries();
    int index = from;
    while (index < numbered.size() && !primaries.contains(numbered.get(index))) {
      index++;
    }
    return index;
  }

  /**
   * Returns the cursor that leads on from a node's own.
   *
   * @param index of the node
   */
  static String cursorAfter(Topology.View view, String own, int index) {
    long cursor = Long.parseUnsignedLong(own);
    if (cursor != 0) {
      return Long.toUnsignedString(cursor << NODE_BITS | index);
    }
    int next = next(view, index + 1);
    return next < view.numbered().size() ? String.valueOf(next) : "0";
  }
}
