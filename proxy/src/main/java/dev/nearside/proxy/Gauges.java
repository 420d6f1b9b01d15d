package dev.nearside.proxy;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.server.Listener;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.DatabaseFill;
import dev.nearside.proxy.tier.database.DatabaseTier;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.RedisConnections;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Says where each gauge comes from. */
final class Gauges {
  /** The parts that are asked at a scrape. */
  record Sources(
      Coherence coherence,
      LocalTier local,
      Listener listener,
      RedisConnections redis,
      @Nullable DatabaseTier database,
      @Nullable DatabaseFill fill,
      Guard redisGuard,
      Guard databaseGuard,
      String transport) {}

  private final Metrics metrics;

  Gauges(Metrics metrics) {
    this.metrics = metrics;
  }

  void register(Sources from) {
    metrics.gauge(Metric.L1_BYTES, from.local::bytes);
    metrics.gauge(Metric.L1_ENTRIES, from.local::entries);
    metrics.gauge(Metric.L1_MAX_BYTES, from.local::maxBytes);
    metrics.gauge(Metric.L1_OPEN, () -> isOpen(from.coherence) ? 1 : 0);
    metrics.gauge(Metric.FENCES_UP, from.coherence.fences()::up);
    metrics.gauge(Metric.GENERATION, from.coherence::generations);
    metrics.gauge(Metric.STALENESS, () -> stalenessSeconds(from.coherence.shards()));
    metrics.gauge(Metric.CLIENTS, from.listener::clients);
    metrics.gauge(
        Metric.UPSTREAM_CONNECTIONS,
        () -> from.redis.tracked().all().stream().filter(TrackedConnection::isOpen).count(),
        "tracked");
    metrics.gauge(
        Metric.UPSTREAM_CONNECTIONS,
        () -> from.redis.administration().isOpen() ? 1 : 0,
        "administration");
    metrics.gauge(
        Metric.TRACKED_KEYS,
        () -> from.redis.tracked().all().stream().mapToLong(TrackedConnection::trackedKeys).sum());
    for (String check : TrackedConnection.CHECKS) {
      metrics.gauge(Metric.CHECKS_OFF, () -> checksOff(from.redis, check), check);
    }
    metrics.gauge(Metric.UPSTREAM_CONNECTIONS, from.redis.rows()::watches, "leases");
    DatabaseFill fill = from.fill;
    if (fill != null) {
      metrics.gauge(Metric.LEASE_WAITERS, fill::waiting);
    }
    metrics.gauge(Metric.UPSTREAM_CONNECTIONS, () -> from.redis.fleet().isOpen() ? 1 : 0, "fleet");
    breaker("redis", from.redisGuard);
    breaker("database", from.databaseGuard);
    if (from.database != null) {
      from.database.exportPool(metrics);
    }
    metrics.build(Version.text(), from.transport);
    metrics.exportJvm();
  }

  private void breaker(String name, Guard guard) {
    metrics.breaker(name, () -> guard.state().name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  private static double checksOff(RedisConnections redis, String check) {
    return redis.tracked().all().stream()
        .filter(connection -> connection.checksOff().contains(check))
        .count();
  }

  private static boolean isOpen(Coherence coherence) {
    List<Shard> shards = coherence.shards();
    return !shards.isEmpty() && shards.stream().allMatch(coherence::isServing);
  }

  private static double stalenessSeconds(List<Shard> shards) {
    long nowNs = System.nanoTime();
    double oldest = 0;
    for (Shard shard : shards) {
      oldest =
          Math.max(
              oldest,
              shard.isOpen() ? (nowNs - shard.coherentAsOfNs()) / 1e9 : Double.POSITIVE_INFINITY);
    }
    return oldest;
  }
}
