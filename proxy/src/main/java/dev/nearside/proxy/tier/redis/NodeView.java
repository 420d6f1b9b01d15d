package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** What a primary says of itself, and what the map has of it. Stateless. */
final class NodeView {
  private static final int FLAGS = 2;
  private static final int CONFIG_EPOCH = 6;
  private static final int SLOTS = 8;

  private NodeView() {}

  /** Returns the slots that {@code now} gives to {@code primary}, as CLUSTER NODES writes them. */
  static String slots(ClusterMap.Snapshot now, Address primary) {
    StringJoiner ranges = new StringJoiner(" ");
    int first = HashSlot.NONE;
    for (int slot = 0; slot <= HashSlot.COUNT; slot++) {
      boolean has = slot < HashSlot.COUNT && primary.equals(now.owners().of(slot));
      if (has && first == HashSlot.NONE) {
        first = slot;
      } else if (!has && first != HashSlot.NONE) {
        ranges.add(first == slot - 1 ? String.valueOf(first) : first + "-" + (slot - 1));
        first = HashSlot.NONE;
      }
    }
    return ranges.toString();
  }

  /**
   * Returns who the node is that has said {@code nodes}, and in which epoch, if it is a primary,
   * has {@code slots}, and none of these is on its way; else null.
   */
  static @Nullable String settled(String nodes, String slots) {
    for (String line : nodes.lines().toList()) {
      String[] fields = line.split(" ", SLOTS + 1);
      if (fields.length > CONFIG_EPOCH && fields[FLAGS].contains("myself")) {
        boolean has = fields.length > SLOTS && fields[SLOTS].equals(slots);
        return has && fields[FLAGS].contains("master")
            ? fields[0] + " " + fields[CONFIG_EPOCH]
            : null; // [slot->-node] would stand behind the slots
      }
    }
    return null;
  }
}
