package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.coherence.ClusterShards;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.telemetry.Metric;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The nodes of a cluster, as its map knows them; a tracked connection for each primary. */
final class ClusterServers implements Whereabouts {
  private final ClusterMap map;
  private final Parts parts;
  private final Function<Address, RelayNodes> reached;
  private final ClusterWatch watch;
  private final @Nullable ClusterTracking tracking;
  private final Duration patience;

  /**
   * Creates what asks nobody yet.
   *
   * @param map is kept up to date
   * @param shards has one for each primary; null where nothing is tracked
   * @param reached where relay connections to a node say which server they have reached
   */
  ClusterServers(
      Parts parts,
      ClusterMap map,
      @Nullable ClusterShards shards,
      Function<Address, RelayNodes> reached) {
    this.map = map;
    this.parts = parts;
    this.reached = reached;
    patience = parts.upstream().connectTimeout().multipliedBy(2);
    watch =
        new ClusterWatch(
            map,
            parts.upstream().discovery().named(),
            to -> parts.clients().administration(() -> to, 0, "nearside-cluster"),
            parts.context().scheduler());
    tracking =
        shards == null
            ? null
            : new ClusterTracking(
                map,
                shards,
                parts.tracked(),
                this::tracked,
                parts.context().metrics().counter(Metric.UPSTREAM_MOVES));
  }

  private TrackedConnection tracked(Address at, Shard shard, int primaries) {
    ClusterNode node = new ClusterNode(map, watch, at);
    return new TrackedConnection(
        parts.clients().tracking(() -> at, 0, TRACKED),
        shard,
        TrackedSettings.of(parts.coherence(), primaries, true, node),
        parts.context().of(reached.apply(at)));
  }

  @Override
  public Address address() {
    return map.snapshot().home();
  }

  @Override
  public boolean primaryOnly() {
    return false; // a node says of each slot whether it has it
  }

  @Override
  public void find() {
    watch.start(patience);
  }

  @Override
  public void track() {
    if (tracking != null) {
      tracking.start();
    }
  }

  @Override
  public void close() {
    watch.close();
  }
}
