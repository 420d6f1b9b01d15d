package dev.nearside.proxy.tier.redis;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes the open relay connections have reached, by {@code run_id}. L1 may be open only while
 * all of them and the tracked connection are on one node: a write acknowledged by another node is
 * not pushed here. Thread-safe.
 */
public final class RelayNodes {
  private final ConcurrentMap<String, Integer> open = new ConcurrentHashMap<>();

  /** A relay connection has reached the node called {@code runId}; null where it did not say. */
  public void connected(@Nullable String runId) {
    if (runId != null) {
      open.merge(runId, 1, Integer::sum);
    }
  }

  /** A relay connection to that node has ended. */
  public void disconnected(@Nullable String runId) {
    if (runId != null) {
      open.computeIfPresent(runId, (id, count) -> count == 1 ? null : count - 1);
    }
  }

  /** Returns whether no relay connection is open to a node other than {@code runId}. */
  public boolean agree(@Nullable String runId) {
    return runId == null || open.keySet().stream().allMatch(runId::equals);
  }
}
