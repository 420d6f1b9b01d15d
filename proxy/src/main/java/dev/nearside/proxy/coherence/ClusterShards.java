package dev.nearside.proxy.coherence;

import org.jspecify.annotations.Nullable;

/** The shards of a cluster, while its primaries come and go. Changed by one thread at a time. */
public final class ClusterShards {
  private final Coherence coherence;
  private final BySlot slots;
  private final Shard.Shared shared;

  ClusterShards(Coherence coherence, BySlot slots, Shard.Shared shared) {
    this.coherence = coherence;
    this.slots = slots;
    this.shared = shared;
  }

  /** Returns the closed shard of a primary that has become known. */
  public Shard add() {
    Shard shard = new Shard(0, slots, shared);
    slots.add(shard);
    coherence.joined(shard);
    return shard;
  }

  /** The primary of {@code shard}, which is closed for good, has no more slots. */
  public void remove(Shard shard) {
    slots.remove(shard);
  }

  /**
   * Every slot belongs to the shard at its index from now on, or to nobody. When this returns,
   * nothing is served any more of what was known of those that have gone elsewhere.
   */
  public void place(@Nullable Shard[] owners) {
    shared.sequence().incrementAndGet(); // a snapshot of many keys sees it move
    slots.place(owners);
    shared.sequence().incrementAndGet();
  }

  /** As {@link #place(Shard[])}, of one slot: all others stay where they are. */
  public void place(int slot, @Nullable Shard owner) {
    shared.sequence().incrementAndGet();
    slots.place(slot, owner);
    shared.sequence().incrementAndGet();
  }
}
