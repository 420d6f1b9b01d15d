package dev.nearside.proxy;

import dev.nearside.proxy.admin.Readiness;
import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import dev.nearside.proxy.tier.redis.TrackedConnections;
import java.util.List;
import java.util.stream.Collectors;

/** Whether L1 is as open as it may be expected to be. Thread-safe. */
final class TrackedReadiness {
  private final Coherence coherence;
  private final CoherenceMode by;
  private final TrackedConnections connections;
  private final boolean inParts;
  private volatile boolean wereOpen;

  /**
   * Creates the probe of {@code coherence}.
   *
   * @param by what keeps L1 true
   * @param connections those of the shards, which say how they are
   * @param inParts whether, once all shards have been open, some of them will do
   */
  TrackedReadiness(
      Coherence coherence, CoherenceMode by, TrackedConnections connections, boolean inParts) {
    this.coherence = coherence;
    this.by = by;
    this.connections = connections;
    this.inParts = inParts;
  }

  Readiness readiness() {
    return new Readiness("tracked-connections", this::isReady, this::state);
  }

  /** All of them, at first; from then on one that is away is its own keys' matter. */
  boolean isReady() {
    if (coherence.mode() == L1Mode.OFF) {
      return true;
    }
    List<Shard> shards = coherence.shards();
    boolean all = !shards.isEmpty() && shards.stream().allMatch(Shard::isOpen);
    wereOpen |= all;
    return by == CoherenceMode.OFF
        || all
        || (inParts && wereOpen && shards.stream().anyMatch(Shard::isOpen));
  }

  private String state() {
    List<TrackedConnection> all = connections.all();
    return all.isEmpty()
        ? "nobody is known to have slots"
        : all.stream()
            .map(each -> all.size() == 1 ? each.state() : each.name() + ": " + each.state())
            .collect(Collectors.joining("; "));
  }
}
