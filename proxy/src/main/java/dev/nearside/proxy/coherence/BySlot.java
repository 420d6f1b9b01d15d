package dev.nearside.proxy.coherence;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/*
 * Why an entry of a slot that has gone is dead. An entry is true as long as the epoch lasts in which
 * its flight began: the later of its shard's and its slot's, both drawn from one sequence, so that
 * neither can move on without the later one becoming another number. Who has a slot and since which
 * epoch are one object, replaced whole: nobody sees the one without the other. So a flight on the old
 * node's connection cannot have the new epoch, whenever it begins, and what the new one has brought in
 * is never judged by the old one's clock. What the old node says late, one that was demoted and does
 * not know it yet for example, is not taken for the new node's.
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

  /** Who answers for a slot, and since which epoch. */
  private record Seat(@Nullable Shard shard, long since) {}

  private final Epochs epochs;

  private volatile List<Shard> shards = List.of();
  private final AtomicReferenceArray<Seat> seats = new AtomicReferenceArray<>(HashSlot.COUNT);

  BySlot(Epochs epochs) {
    this.epochs = epochs;
    Seat nobody = new Seat(null, epochs.next());
    for (int slot = 0; slot < HashSlot.COUNT; slot++) {
      seats.setPlain(slot, nobody);
    }
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
    long epoch = epochs.next();
    Seat last = new Seat(null, epoch);
    for (int slot = 0; slot < HashSlot.COUNT; slot++) {
      Shard owner = owners[slot];
      if (seats.get(slot).shard != owner) {
        last = last.shard == owner ? last : new Seat(owner, epoch);
        seats.set(slot, last);
      }
    }
  }

  /** As {@link #place(Shard[])}, of one slot. */
  @SuppressWarnings("ReferenceEquality") // the very shard
  void place(int slot, @Nullable Shard owner) {
    if (seats.get(slot).shard != owner) {
      seats.set(slot, new Seat(owner, epochs.next()));
    }
  }

  @Override
  public @Nullable Shard shardOf(LookupKey key) {
    return key.database() == 0 ? seats.get(key.slot()).shard : null;
  }

  @Override
  public @Nullable Shard shardOf(Entry entry) {
    byte[] name = entry.name();
    return seats.get(HashSlot.of(name, name.length)).shard;
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
    Seat seat = seats.get(key.slot());
    return seat.shard == shard ? Math.max(epoch, seat.since) : NOWHERE;
  }

  @Override
  public boolean maySpringUpElsewhere() {
    return true;
  }
}
