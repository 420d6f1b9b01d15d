package dev.nearside.proxy;

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

/** A shard for each database of one server. */
record OneServerWiring(NearsideConfig config) implements Wiring {
  @Override
  public Coherence coherence(LocalTier local, Metrics metrics) {
    NearsideConfig.Coherence settings = config.coherence();
    List<Integer> databases =
        settings.mode() == CoherenceMode.OFF ? List.of() : config.upstream().localDatabases();
    return new Coherence(local, databases, settings.mode(), settings.maxStaleness(), metrics);
  }

  @Override
  public RedisConnections connections(RedisConnections.Needs needs) {
    return RedisConnections.of(needs);
  }

  @Override
  public Topology topology(RedisConnections redis, UpstreamLinks links, UpstreamWatch watch) {
    return Topology.of(new Node(links.to(redis::address, redis.primaryOnly()), watch.at(null)));
  }

  @Override
  public Duration auditInterval() {
    return config.coherence().auditInterval();
  }

  @Override
  public Duration touchInterval() {
    return config.l1().touchInterval();
  }

  @Override
  public boolean servesInParts() {
    return false;
  }

  @Override
  public void onOtherPrimaries(Runnable then) {
    // there is one, and whoever becomes it is told of by the connections
  }
}
