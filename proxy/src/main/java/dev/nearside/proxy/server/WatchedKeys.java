package dev.nearside.proxy.server;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.resp.Replies;
import org.jspecify.annotations.Nullable;

/**
 * Where a pinned client of a cluster watches keys: at one node at a time. Confined to the client's
 * event loop.
 */
final class WatchedKeys {
  private static final byte[] CROSS_SLOT =
      Replies.error("CROSSSLOT Keys in request don't hash to the same slot");
  private static final byte[] MOVED =
      Replies.error("TRYAGAIN the slot of the keys watched has moved to another node");

  private @Nullable Node node;
  private int slot = HashSlot.NONE;

  /** Returns the node that watches them, or null where none are watched. */
  @Nullable Node node() {
    return node;
  }

  /** Returns whether {@code other} watches them. */
  boolean areAt(Node other) {
    return other.equals(node);
  }

  /** Returns the slot that a transaction at {@code target} is bound to, or none. */
  int slotAt(Node target) {
    return areAt(target) ? slot : HashSlot.NONE;
  }

  /** Returns the error that answers a WATCH of {@code more} at {@code target}, or null. */
  byte @Nullable [] refusal(int more, Node target) {
    if (node == null || more == HashSlot.NONE || areAt(target)) {
      return null;
    }
    return more == slot ? MOVED : CROSS_SLOT;
  }

  /** {@code at} has agreed to watch keys of {@code of}; returns whether no other watches any. */
  boolean agreed(Node at, int of) {
    if (node == null) {
      node = at;
      slot = of;
    }
    return areAt(at);
  }

  /** No keys are watched any more. */
  void clear() {
    node = null;
  }
}
