package dev.nearside.proxy;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.relay.RelayListener;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.redis.NodeId;
import dev.nearside.proxy.tier.redis.RedisConnections;
import dev.nearside.proxy.tier.redis.RelayNodes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts relay connections as they come and go, and tells the sidecar's own connections which node
 * each of them reached: behind a balancer or after a failover that may be another than theirs, and
 * then L1 is closed until all are on one again. Thread-safe.
 */
final class UpstreamWatch {
  private final Metrics metrics;
  private final RedisConnections redis;
  private final Map<String, AtomicInteger> open = new ConcurrentHashMap<>();

  UpstreamWatch(Metrics metrics, RedisConnections redis) {
    this.metrics = metrics;
    this.redis = redis;
    for (String kind : List.of("reads", "writes", "scripts", "bulk", "greeting", "pinned")) {
      AtomicInteger count = new AtomicInteger();
      open.put(kind, count);
      metrics.gauge(Metric.UPSTREAM_CONNECTIONS, count::get, kind);
    }
  }

  /** Returns who hears of connections to the node of a cluster at {@code node}, or to the one. */
  RelayListener at(@Nullable Address node) {
    return new OfNode(node);
  }

  private void count(String kind, int change) {
    AtomicInteger count = open.get(kind.toLowerCase(Locale.ROOT));
    if (count != null) {
      count.addAndGet(change);
    }
  }

  private final class OfNode implements RelayListener {
    private final @Nullable Address node;
    private final RelayNodes reachedNodes;

    OfNode(@Nullable Address node) {
      this.node = node;
      this.reachedNodes = redis.relayNodes(node);
    }

    @Override
    public void connected(String kind, String info) {
      count(kind, 1);
      String reached = NodeId.of(info);
      reachedNodes.connected(reached);
      if (reached != null) {
        redis.follow(node, reached);
      }
    }

    @Override
    public void disconnected(String kind, String info) {
      count(kind, -1);
      reachedNodes.disconnected(NodeId.of(info));
    }

    @Override
    public void failed(Reason reason) {
      metrics.counter(Metric.UPSTREAM_FAILURES, reason.label()).increment();
    }
  }
}
