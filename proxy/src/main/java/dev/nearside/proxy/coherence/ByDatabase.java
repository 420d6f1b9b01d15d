package dev.nearside.proxy.coherence;

import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One node: a shard, and a tracked connection, for each of its databases. Immutable. */
final class ByDatabase implements Placement {
  private final List<Shard> shards;
  private final List<Integer> databases;

  ByDatabase(List<Integer> databases, Shard.Shared shared) {
    this.databases = databases.stream().distinct().toList();
    this.shards =
        this.databases.stream().map(database -> new Shard(database, this, shared)).toList();
  }

  @Override
  public @Nullable Shard shardOf(LookupKey key) {
    return shardOf(key.database());
  }

  @Override
  public @Nullable Shard shardOf(Entry entry) {
    return shardOf(entry.database());
  }

  private @Nullable Shard shardOf(int database) {
    for (int i = 0; i < shards.size(); i++) { // few: cheaper than a map of boxed numbers
      if (shards.get(i).database() == database) {
        return shards.get(i);
      }
    }
    return null;
  }

  @Override
  public List<Shard> shards() {
    return shards;
  }

  @Override
  public List<Integer> databases() {
    return databases;
  }

  @Override
  public long epochOf(LookupKey key, Shard shard, long epoch) {
    return epoch;
  }

  @Override
  public boolean maySpringUpElsewhere() {
    return false;
  }
}
