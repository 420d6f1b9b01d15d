package dev.nearside.proxy.coherence;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/*
 * Why an entry of a slot that has gone is dead. An entry is true as long as the epoch lasts in which
 * its flight began: the later of its shard's and its slot's, both drawn from one sequence, so that
 * neither can move on without the later one becoming another number.
 *
 * A slot moves in this order: its shard is replaced, then its epoch. Whoever asks for a key's epoch
 * looks in the other order, at the epoch and then at the shard. So a flight on the old node's
 * connection cannot have the new epoch: who sees that finds the new shard behind it. What the old
 * node says late, one that was demoted and does not know it yet for example, is never taken for the
 * new node's.
 *
 * What no push tells. While a slot is on its way from one node to the other, a key that neither has
 * is created at the other; nobody told the old one, which is asked about it here. So what is known
 * not to exist is only as true as its own read, and lives no longer than the staleness allowed.
 * What exists is moved by the old node, which deletes it then, with a push.
 */

/**
 * A cluster: a shard, and a tracked connection, for each of its primaries. Thread-safe; changed by
 * one thread at a time.
 */
final class BySlot implements Placement {
  private static final List<Integer> DATABASES = List.of(0);

  private final Epochs epochs;
  private volatile List<Shard> shards = List.of();
  private final AtomicReferenceArray<@Nullable Shard> bySlot =
      new AtomicReferenceArray<>(HashSlot.COUNT);
  private final AtomicLongArray since = new AtomicLongArray(HashSlot.COUNT);

  BySlot(Epochs epochs) {
    this.epochs = epochs;
  }

  void add(Shard shard) {
    List<Shard> more = new ArrayList<>(shards);
    more.add(shard);
    shards = List.copyOf(more);
  }

  void remove(Shard shard) {
    List<Shard> fewer = new ArrayList<>(shards);
    fewer.remove(shard);
    shards = List.copyOf(fewer);
  }

  /**
   * Every slot belongs to the shard at its index from now on. When this returns, nothing is served
   * any more of what was known of those that have gone elsewhere.
   */
  @SuppressWarnings("ReferenceEquality") // the very shard
  void place(@Nullable Shard[] owners) {
    shards.forEach(Shard::changing);
    long epoch = epochs.next();
    for (int slot = 0; slot < HashSlot.COUNT; slot++) {
      if (bySlot.get(slot) != owners[slot]) {
        bySlot.set(slot, owners[slot]);
        since.set(slot, epoch);
      }
    }
    shards.forEach(Shard::changed);
  }

  @Override
  public @Nullable Shard shardOf(LookupKey key) {
    return key.database() == 0 ? bySlot.get(key.slot()) : null;
  }

  @Override
  public @Nullable Shard shardOf(Entry entry) {
    byte[] name = entry.name();
    return bySlot.get(HashSlot.of(name, name.length));
  }

  @Override
  public List<Shard> shards() {
    return shards;
  }

  @Override
  public List<Integer> databases() {
    return DATABASES;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // the very shard
  public long epochOf(LookupKey key, Shard shard, long epoch) {
    int slot = key.slot();
    long sinceThen = since.get(slot);
    return bySlot.get(slot) == shard ? Math.max(epoch, sinceThen) : NOWHERE;
  }

  @Override
  public boolean maySpringUpElsewhere() {
    return true;
  }
}
