package dev.nearside.proxy.server;

import dev.nearside.proxy.relay.Node;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The shard channels that a client of a cluster is subscribed to, and at which node. Names are
 * shown as ISO 8859-1. Confined to the client's event loop.
 */
final class ShardChannels {
  private static final int ELEMENTS = 3;
  private static final String ENDED = "sunsubscribe";

  private final Map<String, Node> nodes = new HashMap<>(1);

  void put(String channel, Node node) {
    nodes.put(channel, node);
  }

  void remove(String channel) {
    nodes.remove(channel);
  }

  boolean contains(String channel) {
    return nodes.containsKey(channel);
  }

  int size() {
    return nodes.size();
  }

  /** Returns how many there are at {@code node}. */
  int at(Node node) {
    int count = 0;
    for (Node each : nodes.values()) {
      count += each.equals(node) ? 1 : 0;
    }
    return count;
  }

  /** Returns how many there are at other nodes than {@code node}. */
  int elsewhereThan(Node node) {
    return nodes.size() - at(node);
  }

  /** Returns the nodes at which there are any. */
  Set<Node> nodes() {
    return new LinkedHashSet<>(nodes.values());
  }

  void clear() {
    nodes.clear();
  }

  /** Returns the channel whose end this whole frame tells of, or null for any other frame. */
  static @Nullable String endedBy(ByteBuf in, int from, int to) {
    int at = from;
    String[] lines = new String[2 * ELEMENTS - 1];
    for (int i = 0; i < lines.length; i++) {
      int end = in.indexOf(at, to, (byte) '\r');
      if (end < 0 || (i == 2 && !lines[0].substring(1).equals("3"))) {
        return null;
      }
      if (i == lines.length - 1) {
        end = at + Math.min(length(lines[i - 1]), to - at);
      }
      lines[i] = in.toString(at, end - at, StandardCharsets.ISO_8859_1);
      if (i == 2 && !lines[2].equals(ENDED)) {
        return null;
      }
      at = end + 2;
    }
    return lines[lines.length - 1];
  }

  private static int length(String header) {
    try {
      return header.startsWith("$") ? Math.max(0, Integer.parseInt(header.substring(1))) : 0;
    } catch (NumberFormatException e) {
      return 0; // of no server
    }
  }
}
