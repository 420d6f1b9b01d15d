package dev.nearside.proxy;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.config.Discovery.Cluster;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.RedisConnections;
import java.time.Duration;
import java.util.List;

/** What is wired otherwise in front of a cluster than in front of one server. Chosen once. */
sealed interface Wiring permits ClusterWiring, OneServerWiring {
  /** Returns that of the upstream that the configuration names. */
  static Wiring of(NearsideConfig config) {
    return config.upstream().discovery() instanceof Cluster(List<Address> seeds)
        ? new ClusterWiring(config, new ClusterMap(seeds))
        : new OneServerWiring(config);
  }

  /** Returns the shards of {@code local}; none where L1 stays off. */
  Coherence coherence(LocalTier local, Metrics metrics);

  /** Returns the sidecar's own connections, none of which is made yet. */
  RedisConnections connections(RedisConnections.Needs needs);

  /**
   * Returns which server takes which relayed commands.
   *
   * @param redis tells where the upstream is
   * @param watch hears of relay connections
   */
  Topology topology(RedisConnections redis, UpstreamLinks links, UpstreamWatch watch);

  /** Returns how often entries are compared with the upstream; zero for never. */
  Duration auditInterval();

  /** Returns how often the upstream is told which keys are in use; zero for never. */
  Duration touchInterval();

  /** Returns whether, once all shards have been open, some of them will do. */
  boolean servesInParts();

  /** Has {@code then} run, on threads that must not wait, when other servers are primaries. */
  void onOtherPrimaries(Runnable then);
}
