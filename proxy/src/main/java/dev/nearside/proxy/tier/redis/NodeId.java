package dev.nearside.proxy.tier.redis;

import org.jspecify.annotations.Nullable;

/** Names the node that a connection reached, whatever its address says. */
public final class NodeId {
  private static final String FIELD = "run_id:";

  private NodeId() {}

  /** Returns the {@code run_id} in an {@code INFO server} text, or null where it has none. */
  public static @Nullable String of(String info) {
    int start = info.indexOf(FIELD);
    if (start < 0) {
      return null;
    }
    int end = info.indexOf('\r', start);
    return info.substring(start + FIELD.length(), end < 0 ? info.length() : end);
  }
}
