package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.tier.local.LookupKey;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;

/** Rows that L1 may hold as absent, and which may be there by now: it forgets them. */
final class AbsentInL1 implements LeaseWatch.Outdated {
  /** From here on it takes less to forget everything, and no client waits for it. */
  private static final int MANY = 1_000;

  private final List<Shard> shards;
  private final int database;

  /** Creates what forgets the rows of {@code database}, in the shard that it has, if any. */
  AbsentInL1(List<Shard> shards, int database) {
    this.shards = shards.stream().filter(shard -> shard.database() == database).toList();
    this.database = database;
  }

  @Override
  public void row(ByteBuffer key) {
    byte[] name = new byte[key.remaining()];
    key.get(key.position(), name);
    LookupKey lookup = new LookupKey().set(database, name);
    shards.forEach(shard -> shard.pushed(lookup));
  }

  @Override
  public void rows(Set<ByteBuffer> keys) {
    if (keys.size() < MANY) {
      keys.forEach(this::row);
    } else {
      shards.forEach(Shard::changedUnpushed);
    }
  }
}
