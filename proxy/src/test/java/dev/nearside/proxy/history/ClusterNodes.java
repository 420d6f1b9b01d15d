package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.ClusterHop;
import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.SlotMove;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Three primaries with a replica each, whose slots move, and whose {@link Failover}s lose nothing.
 * Where hops lie between, what nodes say of each other on them names those hops.
 */
final class ClusterNodes implements Servers, Failover {
  private static final int PRIMARIES = 3;
  private static final int NEVER_DOWN_MS = 60_000;
  private static final int DOWN_AFTER_MS = 700;
  private static final int LONGEST_STEP_MS = 25;

  private final RedisCluster cluster;
  private final Map<Integer, DelayingHop> direct = new HashMap<>();
  private final NodeHops hops;
  private final Map<Integer, Integer> owners = new ConcurrentHashMap<>();
  private @Nullable RedisNode paused;

  ClusterNodes(Scenario scenario) throws IOException {
    cluster =
        RedisCluster.plan(PRIMARIES, 1)
            .nodeTimeoutMs(NEVER_DOWN_MS)
            .lines("cluster-replica-validity-factor 0", "cluster-allow-replica-migration no")
            .start();
    for (RedisNode node : cluster.nodes()) {
      direct.put(node.port(), DelayingHop.to(node.port()));
    }
    hops = new NodeHops(scenario, cluster.nodes(), ClusterHop::before);
  }

  @Override
  public String uri(int sidecar) {
    return "redis-cluster://"
        + cluster.nodes().stream()
            .map(node -> RedisNode.HOST + ":" + hops.port(sidecar, node))
            .collect(Collectors.joining(","));
  }

  private DelayingHop direct(int port) {
    return Objects.requireNonNull(direct.get(port));
  }

  @Override
  public Wire connect() {
    return new ClusterWire(
        new ClusterWire.Nodes() {
          @Override
          public int way(int port) {
            return direct(port).port();
          }

          @Override
          public List<Integer> ports() {
            return each();
          }

          @Override
          public int slot(String key) {
            return RedisCluster.slotOf(key);
          }
        },
        owners);
  }

  @Override
  public List<DelayingHop> hops(int sidecar) {
    return hops.of(sidecar);
  }

  @Override
  public List<Integer> each() {
    return cluster.nodes().stream().filter(RedisNode::isUp).map(RedisNode::port).toList();
  }

  @Override
  public void pause() throws IOException {
    RedisNode primary = cluster.primaries().getFirst();
    paused = primary;
    primary.pause();
  }

  @Override
  public void resume() {
    Objects.requireNonNull(paused).resume();
  }

  @Override
  public void awaitWell() {
    cluster.awaitSettled();
  }

  /** Moves a slot in which there are keys to another primary, a few keys at a time. */
  void moveSlot(SplittableRandom random) throws IOException {
    List<RedisNode> primaries = cluster.primaries();
    RedisNode from = primaries.get(random.nextInt(primaries.size()));
    List<String> key = from.ask("RANDOMKEY");
    if (key.isEmpty() || key.getFirst().isEmpty()) {
      return;
    }
    int slot = RedisCluster.slotOf(key.getFirst());
    RedisNode to = primaries.get(random.nextInt(primaries.size()));
    if (to == from || cluster.primaryOf(slot) != from) {
      return;
    }
    SlotMove move = cluster.beginMove(slot, to);
    for (int i = random.nextInt(4); i > 0; i--) {
      Fault.pause(random.nextInt(LONGEST_STEP_MS));
      move.migrate(1);
    }
    Fault.pause(random.nextInt(LONGEST_STEP_MS));
    move.end();
  }

  @Override
  public void failOver(Way way, int awayMs, Watcher watcher)
      throws IOException, InterruptedException {
    cluster.awaitSettled();
    List<RedisNode> primaries = cluster.primaries();
    RedisNode old =
        primaries.get((int) Math.floorMod(System.nanoTime() >> 8, (long) primaries.size()));
    RedisNode next = cluster.replicasOf(old).getFirst();
    String stem = "{" + RedisCluster.keyOn(old, "recovery:" + System.nanoTime() + ":") + "}";
    Failover.hold(old, true);
    Failover.hold(next, way == Way.HANDED_OVER);
    Failover.awaitCopied(old, List.of(next));
    watcher.begun(stem);
    go(old, next, way);
    Waiting.until(next + " is the primary", next::isPrimary);
    watcher.named();
    direct(old.port()).cut(Side.OTHERS);
    if (way == Way.HANDED_OVER) {
      Waiting.until(old + " is no primary", () -> !old.isPrimary());
      watcher.awaitMoved();
      Failover.hold(next, false);
    }
    watcher.awaitServed();
    Fault.pause(awayMs);
    Failover.comeBack(old, way);
    Waiting.until(old + " is no primary", () -> old.isUp() && !old.isPrimary());
    Failover.hold(old, false);
    tellNodeTimeout(NEVER_DOWN_MS);
    cluster.awaitSettled();
  }

  /**
   * A replica that had votes within some times the node timeout takes them for those of the next
   * election, too, of Redis 7.0 at least, and is no primary for long: so that is short in each
   * case.
   */
  private void go(RedisNode old, RedisNode next, Way way) throws IOException {
    tellNodeTimeout(DOWN_AFTER_MS);
    switch (way) {
      case HANDED_OVER -> next.ask("CLUSTER", "FAILOVER");
      case KILLED -> old.kill();
      case HUNG -> old.pause();
    }
  }

  private void tellNodeTimeout(int ms) throws IOException {
    for (RedisNode node : cluster.nodes()) {
      if (node.isUp()) {
        node.ask("CONFIG", "SET", "cluster-node-timeout", String.valueOf(ms));
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (DelayingHop hop : direct.values()) {
      hop.close();
    }
    hops.close();
    cluster.close();
  }
}
