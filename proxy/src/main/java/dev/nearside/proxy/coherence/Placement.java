package dev.nearside.proxy.coherence;

import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which shard answers for a key. Thread-safe. */
sealed interface Placement permits ByDatabase, BySlot {
  /** Stands for the epoch of a key that another shard answers for; no entry is of it. */
  long NOWHERE = 0;

  /** Returns the shard of {@code key}, or null where reads of it are never local. */
  @Nullable Shard shardOf(LookupKey key);

  /** Returns the shard of the key of {@code entry}, as of any other. */
  @Nullable Shard shardOf(Entry entry);

  /** Returns every shard there is now. */
  List<Shard> shards();

  /** Returns the numbers of the databases whose reads may be local. */
  List<Integer> databases();

  /**
   * Returns the epoch of {@code key} in {@code shard}, whose own is {@code epoch}; {@link #NOWHERE}
   * where another answers for it.
   */
  long epochOf(LookupKey key, Shard shard, long epoch);

  /**
   * Returns whether what is true of {@code key} may change without a push: it may be created
   * elsewhere, while who answers for it knows only that there is no such key.
   */
  boolean maySpringUpElsewhere();
}
