package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.Spread;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
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
   * @param parts which of the keys, counted from 0, it has; of a cursor the number of the node
   */
  record Piece(int slot, Node node, List<Integer> parts) {}

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
      return forAll(view);
    }
    return spread == Spread.CURSOR ? cursor(view, request) : null;
  }

  private static @Nullable List<Piece> bySlot(Topology.View view, Spread spread, Request request) {
    int step = step(spread);
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
    keysBySlot.forEach((slot, keys) -> pieces.add(new Piece(slot, view.nodeOf(slot), keys)));
    return pieces;
  }

  private static int step(Spread spread) {
    return spread == Spread.PAIRS ? 2 : 1;
  }

  private static List<Piece> forAll(Topology.View view) {
    return view.primaries().stream()
        .map(node -> new Piece(HashSlot.NONE, node, List.of()))
        .toList();
  }

  /** A cursor that is none is any node's to refuse. */
  private static @Nullable List<Piece> cursor(Topology.View view, Request request) {
    long said;
    try {
      said = cursor(request);
    } catch (NumberFormatException e) {
      return null;
    }
    List<Node> numbered = view.numbered();
    int index = said == 0 ? next(view, 0) : (int) (said & (1 << NODE_BITS) - 1);
    return index >= numbered.size()
        ? null
        : List.of(new Piece(HashSlot.NONE, numbered.get(index), List.of(index)));
  }

  private static long cursor(Request request) {
    return Long.parseUnsignedLong(new String(request.arg(1), StandardCharsets.US_ASCII));
  }

  /** Returns the bytes of {@code piece} of {@code request}, which is one of {@code spread}. */
  static byte[] bytes(Piece piece, Spread spread, Request request) {
    if (spread.isForAll()) {
      return ByteBufUtil.getBytes(request.buffer(), request.start(), request.length());
    }
    ByteBuf out = Unpooled.buffer();
    if (spread == Spread.CURSOR) {
      writeCursor(out, request);
    } else {
      writeKeys(out, request, piece.parts(), step(spread));
    }
    return ByteBufUtil.getBytes(out);
  }

  private static void writeKeys(ByteBuf out, Request request, List<Integer> keys, int step) {
    Replies.writeArrayHeader(out, 1 + keys.size() * step);
    request.writeArg(out, 0);
    for (int key : keys) {
      for (int i = 0; i < step; i++) {
        request.writeArg(out, 1 + key * step + i);
      }
    }
  }

  private static void writeCursor(ByteBuf out, Request request) {
    String own = Long.toUnsignedString(cursor(request) >>> NODE_BITS);
    Replies.writeArrayHeader(out, request.argCount());
    request.writeArg(out, 0);
    Replies.writeBulk(out, own.getBytes(StandardCharsets.US_ASCII), 0, own.length());
    for (int arg = 2; arg < request.argCount(); arg++) {
      request.writeArg(out, arg);
    }
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
