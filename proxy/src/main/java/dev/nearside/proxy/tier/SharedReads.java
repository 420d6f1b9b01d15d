package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Identical reads at the same time go upstream once also while L1 is closed. Otherwise losing the
 * tracked connection would multiply the load of Redis by the hit ratio, just when it may be in
 * trouble. Thread-safe, lock-free.
 *
 * <p>No push tells what happens to a key while it is read, so what a read brings is only for those
 * who had asked before it was sent. Whoever joins it later asks anew when it ends, together with
 * all others who do: a stampede of any size is two reads, and each answer is as new as if its
 * reader had asked alone.
 */
final class SharedReads {
  private static final int MOST = 4096;

  private final Coherence coherence;
  private final LocalTier local;
  private final Admission admission;
  private final LongAdder joined;

  /**
   * Creates it.
   *
   * @param joined counts who joined
   */
  SharedReads(Coherence coherence, LocalTier local, Admission admission, LongAdder joined) {
    this.coherence = coherence;
    this.local = local;
    this.admission = admission;
    this.joined = joined;
  }

  /** Returns the read of {@code key} that may be joined, or null. */
  @Nullable Flight find(LookupKey key) {
    Entry token = local.findShared(key);
    Shard shard = coherence.shard(key);
    return token == null || shard == null || token.epoch() != shard.epochOf(key)
        ? null
        : token.flight();
  }

  /** Joins {@code flight}; returns false where it has ended meanwhile. */
  boolean join(Flight flight, Flight.Reader reader) {
    boolean in = flight.join(reader);
    if (in) {
      joined.increment();
    }
    return in;
  }

  /** Lets others join the read of {@code key} that is sent next; null where they should not. */
  @Nullable SharedRead lead(LookupKey key, long nowNs) {
    Shard shard = coherence.shard(key);
    if (shard == null
        || coherence.mode() == L1Mode.OFF
        || (shard.isOpen() && !shard.isStale(nowNs))
        || shard.isFenced(key.hashCode())
        || local.sharing() >= MOST) {
      return null;
    }
    Flight flight = new Flight(System.nanoTime());
    Entry token = local.token(key, shard.epochOf(key), 0, flight);
    return local.beginShared(token)
        ? new SharedRead(local, token, flight, admission.maxBytes())
        : null;
  }
}
