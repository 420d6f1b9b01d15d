package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.coherence.Shard;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The tracked connection of each shard there is now. Thread-safe. */
public final class TrackedConnections {
  private final Map<Shard, TrackedConnection> byShard = new ConcurrentHashMap<>();
  private volatile List<TrackedConnection> all = List.of();

  /** Creates none. */
  public TrackedConnections() {}

  void add(Shard shard, TrackedConnection connection) {
    byShard.put(shard, connection);
    all = List.copyOf(byShard.values());
  }

  void remove(Shard shard) {
    byShard.remove(shard);
    all = List.copyOf(byShard.values());
  }

  /** Returns the connection of {@code shard}, or null where it has none any more. */
  public @Nullable TrackedConnection of(@Nullable Shard shard) {
    return shard == null ? null : byShard.get(shard);
  }

  /** Returns all of them. */
  public List<TrackedConnection> all() {
    return all;
  }

  /** Sends what reads have gathered. */
  public void flush() {
    List<TrackedConnection> now = all;
    for (int i = 0; i < now.size(); i++) {
      now.get(i).flush();
    }
  }

  /**
   * Returns whether the sidecar's own user may certainly run MGET in {@code database}, as far as
   * its connections are there.
   */
  public boolean allowMget(int database) {
    boolean any = false;
    List<TrackedConnection> now = all;
    for (int i = 0; i < now.size(); i++) {
      TrackedConnection each = now.get(i);
      if (each.database() == database && each.isOpen()) {
        any = true;
        if (!each.permission().allowsMget()) {
          return false;
        }
      }
    }
    return any;
  }
}
