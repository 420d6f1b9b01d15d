package dev.nearside.proxy.scene;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A slot on its way from one primary to another, step by step, so that a test may stop between two.
 * {@link RedisCluster#beginMove} makes one; {@link #end} or {@link #abort} is its last step.
 */
public final class SlotMove {
  private static final String TIMEOUT_MS = "5000";
  private static final int AT_ONCE = 100;

  private final RedisCluster cluster;
  private final int slot;
  private final RedisNode from;
  private final RedisNode to;

  SlotMove(RedisCluster cluster, int slot, RedisNode from, RedisNode to) {
    this.cluster = cluster;
    this.slot = slot;
    this.from = from;
    this.to = to;
  }

  /** From now on the old primary answers ASK for what it does not have. */
  void begin() throws IOException {
    setSlot(to, "IMPORTING", from.id());
    setSlot(from, "MIGRATING", to.id());
  }

  /** Returns the primary that the slot leaves. */
  public RedisNode from() {
    return from;
  }

  /** Returns the primary that the slot goes to. */
  public RedisNode to() {
    return to;
  }

  /** Moves up to {@code max} keys, whichever they are; returns how many. */
  public int migrate(int max) throws IOException {
    List<String> keys =
        from.ask("CLUSTER", "GETKEYSINSLOT", String.valueOf(slot), String.valueOf(max));
    migrate(keys);
    return keys.size();
  }

  /** Moves one key; it need not be there any more. */
  public void migrateKey(String key) throws IOException {
    migrate(List.of(key));
  }

  private void migrate(List<String> keys) throws IOException {
    if (keys.isEmpty()) {
      return;
    }
    List<String> request = new ArrayList<>();
    request.addAll(List.of("MIGRATE", RedisNode.HOST, String.valueOf(to.port()), "", "0"));
    request.add(TIMEOUT_MS);
    request.addAll(to.login().ofMigrate());
    request.add("KEYS");
    request.addAll(keys);
    from.ask(request.toArray(String[]::new));
  }

  /**
   * Moves the keys that are left and gives the slot to its new primary, then tells the old one and
   * after it the other primaries; replicas hear of it by and by.
   */
  public void end() throws IOException {
    int moved = AT_ONCE;
    while (moved > 0) {
      moved = migrate(AT_ONCE);
    }
    List<RedisNode> others = cluster.primaries();
    setSlot(to, "NODE", to.id());
    leave(from);
    for (RedisNode other : others) {
      if (other != to && other != from) {
        leave(other);
      }
    }
  }

  /** One that gave its last slot away has heard of it, and become a replica, at any time. */
  private void leave(RedisNode primary) throws IOException {
    try {
      setSlot(primary, "NODE", to.id());
    } catch (IOException e) {
      if (ClusterLine.ofItself(primary).is("master")) {
        throw e;
      }
    }
  }

  /**
   * Leaves the slot with its old primary. Keys that have moved by then are lost to clients, as they
   * are in a cluster where an operator does this.
   */
  public void abort() throws IOException {
    setSlot(to, "STABLE");
    setSlot(from, "STABLE");
  }

  private void setSlot(RedisNode node, String... what) throws IOException {
    List<String> request = new ArrayList<>(List.of("CLUSTER", "SETSLOT", String.valueOf(slot)));
    request.addAll(List.of(what));
    node.order(request.toArray(String[]::new));
  }
}
