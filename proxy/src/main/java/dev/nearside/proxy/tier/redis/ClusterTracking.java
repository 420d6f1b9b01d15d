package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.coherence.ClusterShards;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a shard and a tracked connection for each primary of a cluster, and gives each slot to the
 * shard of who has it, before anybody else hears that it has moved. Changed by one thread at a
 * time.
 */
final class ClusterTracking implements ClusterMap.Listener {
  /** Makes tracked connections. */
  interface Maker {
    /**
     * Returns the connection to a primary, which is not started yet.
     *
     * @param primaries how many there are of them now
     */
    TrackedConnection make(Address primary, Shard shard, int primaries);
  }

  private final ClusterMap map;
  private final ClusterShards shards;
  private final TrackedConnections connections;
  private final Maker maker;
  private final LongAdder moves;
  private final Map<Address, Shard> known = new HashMap<>();
  private int primaries;

  /**
   * Creates a tracking of nobody.
   *
   * @param connections has those of the primaries of now
   * @param moves counts who is a primary no more
   */
  ClusterTracking(
      ClusterMap map,
      ClusterShards shards,
      TrackedConnections connections,
      Maker maker,
      LongAdder moves) {
    this.map = map;
    this.shards = shards;
    this.connections = connections;
    this.maker = maker;
    this.moves = moves;
  }

  /** Starts connecting to the primaries of now, and follows them. */
  void start() {
    map.onChange(this);
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // equal ones are found as well, only later
  public void changed(ClusterMap.Snapshot next) {
    primaries = next.primaries().size();
    @Nullable Shard[] owners = new Shard[HashSlot.COUNT];
    @Nullable Address last = null;
    for (int slot = 0; slot < HashSlot.COUNT; slot++) {
      Address owner = next.owners().of(slot);
      owners[slot] = slot > 0 && owner == last ? owners[slot - 1] : shardAt(owner);
      last = owner;
    }
    shards.place(owners);
    forgetOthers(next);
  }

  @Override
  public void moved(int slot, ClusterMap.Snapshot next) {
    primaries = next.primaries().size();
    shards.place(slot, shardAt(next.owners().of(slot)));
    forgetOthers(next);
  }

  private @Nullable Shard shardAt(@Nullable Address address) {
    return address == null ? null : known.computeIfAbsent(address, this::joined);
  }

  private Shard joined(Address address) {
    Shard shard = shards.add();
    TrackedConnection connection = maker.make(address, shard, primaries);
    connections.add(shard, connection);
    connection.start();
    return shard;
  }

  private void forgetOthers(ClusterMap.Snapshot next) {
    for (Iterator<Map.Entry<Address, Shard>> each = known.entrySet().iterator(); each.hasNext(); ) {
      Map.Entry<Address, Shard> entry = each.next();
      if (!next.primaries().contains(entry.getKey())) {
        each.remove();
        moves.increment();
        Shard shard = entry.getValue();
        Objects.requireNonNull(connections.of(shard)).close();
        connections.remove(shard);
        shards.remove(shard);
      }
    }
  }
}
