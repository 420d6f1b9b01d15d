package dev.nearside.proxy;

import dev.nearside.proxy.relay.RelayListener;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.redis.NodeId;
import dev.nearside.proxy.tier.redis.RedisConnections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts relay connections as they come and go, and tells the sidecar's own connections which node
 * each of them reached: behind a balancer or after a failover that may be another than theirs, and
 * then L1 is closed until all are on one again. Thread-safe.
 */
final class UpstreamWatch implements RelayListener {
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

  @Override
  public void connected(String kind, String info) {
    count(kind, 1);
    String reached = NodeId.of(info);
    redis.relayNodes().connected(reached);
    if (reached != null) {
      redis.follow(reached);
    }
  }

  @Override
  public void disconnected(String kind, String info) {
    count(kind, -1);
    redis.relayNodes().disconnected(NodeId.of(info));
  }

  private void count(String kind, int change) {
    AtomicInteger count = open.get(kind.toLowerCase(Locale.ROOT));
    if (count != null) {
      count.addAndGet(change);
    }
  }

  @Override
  public void failed(Reason reason) {
    metrics.counter(Metric.UPSTREAM_FAILURES, reason.label()).increment();
  }
}
