package dev.nearside.proxy;

import dev.nearside.proxy.relay.RelayListener;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.redis.NodeId;
import dev.nearside.proxy.tier.redis.RelayNodes;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts relay connections as they come and go, and compares the node each of them reached with the
 * node that L1 is tracked on: behind a balancer or after a failover they may differ, and then L1 is
 * closed until both are one again. Thread-safe.
 */
final class UpstreamWatch implements RelayListener {
  private final Metrics metrics;
  private final Map<Integer, TrackedConnection> tracked;
  private final RelayNodes nodes;
  private final Map<String, AtomicInteger> open = new ConcurrentHashMap<>();

  UpstreamWatch(Metrics metrics, RelayNodes nodes, Map<Integer, TrackedConnection> tracked) {
    this.metrics = metrics;
    this.nodes = nodes;
    this.tracked = tracked;
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
    nodes.connected(reached);
    for (TrackedConnection connection : tracked.values()) {
      String trackedOn = connection.nodeId();
      if (reached != null && trackedOn != null && !reached.equals(trackedOn)) {
        connection.reconnect("a relay connection reached another node, " + reached);
      }
    }
  }

  @Override
  public void disconnected(String kind, String info) {
    count(kind, -1);
    nodes.disconnected(NodeId.of(info));
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
