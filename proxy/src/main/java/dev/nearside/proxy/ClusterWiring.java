package dev.nearside.proxy;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.RedisConnections;
import java.time.Duration;
import java.util.List;

/** A shard for each primary of a cluster, whose map says who has which slot. */
record ClusterWiring(NearsideConfig config, ClusterMap map) implements Wiring {
  @Override
  public Coherence coherence(LocalTier local, Metrics metrics) {
    CoherenceMode mode = config.coherence().mode();
    Duration maxStaleness = config.coherence().maxStaleness();
    return mode == CoherenceMode.OFF
        ? new Coherence(local, List.of(), mode, maxStaleness, metrics)
        : Coherence.ofCluster(local, mode, maxStaleness, metrics);
  }

  @Override
  public RedisConnections connections(RedisConnections.Needs needs) {
    return RedisConnections.ofCluster(needs, map);
  }

  @Override
  public Topology topology(RedisConnections redis, UpstreamLinks links, UpstreamWatch watch) {
    return Topology.of(map, node -> new Node(links.to(() -> node, false), watch.at(node)));
  }

  /** The connection that would read is one to one node. */
  @Override
  public Duration auditInterval() {
    return Duration.ZERO;
  }

  /** As {@link #auditInterval}. */
  @Override
  public Duration touchInterval() {
    return Duration.ZERO;
  }

  @Override
  public boolean servesInParts() {
    return true;
  }

  @Override
  public void onOtherPrimaries(Runnable then) {
    map.onOtherPrimaries(then);
  }
}
