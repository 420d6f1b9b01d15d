package dev.nearside.proxy.history;

import static java.util.stream.Collectors.joining;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.SentinelHop;
import dev.nearside.proxy.scene.SentinelTrio;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A primary and two replicas under three sentinels, whose failovers lose nothing.
 *
 * <p>Where hops lie between, sidecars ask the sentinels on a {@link SentinelHop}, and are told of
 * those hops; else they are told of the nodes themselves.
 */
final class SentinelNodes implements Servers, Failover {
  private static final int REPLICAS = 2;
  private static final int NEVER_DOWN_MS = 60_000;
  private static final int DOWN_AFTER_MS = 500;
  private static final long ORDER_AGAIN_NS = TimeUnit.SECONDS.toNanos(5);
  private static final long LEFT_WITHIN_NS = TimeUnit.MILLISECONDS.toNanos(250);

  private final SentinelTrio trio;
  private final DelayingHop direct;
  private final NodeHops hops;
  private final List<List<SentinelHop>> waysToSentinels = new ArrayList<>();
  private @Nullable RedisNode paused;

  SentinelNodes(Scenario scenario) throws IOException {
    trio = SentinelTrio.plan(REPLICAS).start();
    trio.downAfterMs(NEVER_DOWN_MS);
    direct = DelayingHop.to(trio.primary().port());
    hops = new NodeHops(scenario, trio.nodes(), SentinelNodes::before);
    for (Map<Integer, DelayingHop> toNodes : hops.ofEach()) {
      waysToSentinels.add(beforeSentinels(toNodes));
    }
  }

  private static Map<Integer, DelayingHop> before(List<Integer> nodes) throws IOException {
    Map<Integer, DelayingHop> hops = new HashMap<>();
    for (int node : nodes) {
      hops.put(node, DelayingHop.to(node));
    }
    return hops;
  }

  private List<SentinelHop> beforeSentinels(Map<Integer, DelayingHop> toNodes) throws IOException {
    Map<String, String> ports = new HashMap<>();
    toNodes.forEach((node, hop) -> ports.put(String.valueOf(node), String.valueOf(hop.port())));
    List<SentinelHop> ways = new ArrayList<>();
    for (RedisNode sentinel : trio.sentinels()) {
      ways.add(SentinelHop.to(sentinel.port(), ports));
    }
    return ways;
  }

  @Override
  public String uri(int sidecar) {
    String sentinels =
        waysToSentinels.isEmpty()
            ? String.join(",", trio.addresses())
            : waysToSentinels.get(sidecar).stream()
                .map(way -> RedisNode.HOST + ":" + way.port())
                .collect(joining(","));
    return "redis-sentinel://" + sentinels + "#" + SentinelTrio.NAME;
  }

  @Override
  public Wire connect() throws IOException {
    return new OneWire(direct.port());
  }

  @Override
  public List<DelayingHop> hops(int sidecar) {
    return hops.of(sidecar);
  }

  @Override
  public List<Integer> each() {
    return trio.nodes().stream().filter(RedisNode::isUp).map(RedisNode::port).toList();
  }

  @Override
  public void pause() throws IOException {
    RedisNode primary = trio.primary();
    paused = primary;
    primary.pause();
  }

  @Override
  public void resume() {
    Objects.requireNonNull(paused).resume();
  }

  @Override
  public void awaitWell() {
    trio.awaitSettled();
  }

  @Override
  public void failOver(Way way, int awayMs, Watcher watcher)
      throws IOException, InterruptedException {
    trio.awaitSettled();
    RedisNode old = trio.primary();
    for (RedisNode node : way == Way.HANDED_OVER ? trio.nodes() : List.of(old)) {
      Failover.hold(node, true);
    }
    Failover.awaitCopied(old, trio.replicas());
    watcher.begun("recovery:" + System.nanoTime() + ":");
    go(old, way);
    RedisNode next = awaitNext(old, way);
    watcher.named();
    trio.downAfterMs(NEVER_DOWN_MS);
    direct.redirect(next.port());
    direct.cut(Side.OTHERS);
    if (way == Way.HANDED_OVER) {
      watcher.awaitMoved();
      awaitLeft(old);
    }
    Failover.hold(next, false);
    watcher.awaitServed();
    Fault.pause(awayMs);
    Failover.comeBack(old, way);
    for (RedisNode node : trio.nodes()) {
      Failover.hold(node, false);
    }
    trio.awaitSettled();
  }

  private void go(RedisNode primary, Way way) throws IOException {
    switch (way) {
      case HANDED_OVER -> trio.orderFailover();
      case KILLED -> primary.kill();
      case HUNG -> primary.pause();
    }
    if (way != Way.HANDED_OVER) {
      trio.downAfterMs(DOWN_AFTER_MS);
    }
  }

  private RedisNode awaitNext(RedisNode old, Way way) {
    RedisNode[] next = new RedisNode[1];
    long[] orderedNs = {System.nanoTime()};
    Waiting.until(
        "most sentinels name another than " + old,
        () -> {
          if (way == Way.HANDED_OVER && System.nanoTime() - orderedNs[0] > ORDER_AGAIN_NS) {
            orderedNs[0] = System.nanoTime();
            trio.orderFailover();
          }
          RedisNode named = trio.namedByMost();
          next[0] = named;
          return named != null && named != old;
        });
    return next[0];
  }

  /** Waits until no sidecar asks it any more; who still does after a while is to be found out. */
  private static void awaitLeft(RedisNode old) throws IOException {
    long endNs = System.nanoTime() + LEFT_WITHIN_NS;
    while (hasVisitors(old) && System.nanoTime() - endNs < 0) {
      Fault.pause(1);
    }
  }

  /** Besides sentinels, replicas and who asks this. */
  private static boolean hasVisitors(RedisNode node) throws IOException {
    return node.call("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains(" fd="))
        .anyMatch(line ->
            !line.contains(" name=sentinel-")
                && !line.contains(" flags=S")
                && !line.contains(" flags=M")
                && !line.contains(" cmd=client"));
  }

  @Override
  public void close() throws IOException {
    direct.close();
    hops.close();
    for (List<SentinelHop> ways : waysToSentinels) {
      for (SentinelHop way : ways) {
        way.close();
      }
    }
    trio.close();
  }
}
