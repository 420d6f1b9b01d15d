package dev.nearside.proxy.tier.local;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * L1: the entries of all databases, bounded by bytes with W-TinyLFU. Thread-safe.
 *
 * <p>It knows nothing of coherence: whether an entry may be served is decided by its shard. What it
 * promises is atomicity: {@link #publish} succeeds only while the very entry that {@link #begin}
 * put there is still there, in one step with the check, so that a removal between the upstream's
 * answer and the publication always wins.
 */
public final class LocalTier {
  /**
   * Memory of an entry beyond name and reply, measured with compact object headers: the entry, the
   * array's header, the cache's node and the map's node.
   */
  static final int ENTRY_OVERHEAD_BYTES = 144;

  private final Cache<Object, Entry> cache;
  private final ConcurrentMap<Object, Entry> map;
  private final Policy.Eviction<Object, Entry> eviction;
  private final Compression compression;

  /**
   * Creates an empty tier.
   *
   * @param maxBytes bound on the weight of all entries
   * @param compressAboveBytes replies of at least this size are held compressed when that saves a
   *     fifth
   */
  public LocalTier(long maxBytes, int compressAboveBytes) {
    cache =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((Object key, Entry entry) -> entry.weightBytes())
            .executor(Runnable::run) // maintenance on the caller; never the common pool
            .build();
    map = cache.asMap();
    eviction = cache.policy().eviction().orElseThrow();
    compression = new Compression(compressAboveBytes);
  }

  /** Returns the entry of {@code key}, in flight or landed, or null; allocates nothing. */
  public @Nullable Entry find(LookupKey key) {
    return cache.getIfPresent(key);
  }

  /**
   * Puts the token of a new flight.
   *
   * @return null when it was put; else the entry that is there already, and nothing changed
   */
  public @Nullable Entry begin(Entry token) {
    return map.putIfAbsent(token, token);
  }

  /**
   * Returns a token for a flight of {@code key}, not put anywhere yet.
   *
   * @param namespace the number of the key's namespace in metrics
   */
  public Entry token(LookupKey key, int epoch, int namespace, Flight flight) {
    return new Entry(key, epoch, namespace, flight);
  }

  /**
   * Lands the flight of {@code token}: publishes the value if the token is still there, and tells
   * every reader in either case.
   *
   * @param reply the reply as it is written, or null for nil
   * @return whether it was published
   */
  @SuppressWarnings("ReferenceEquality") // the token is the very object
  public boolean publish(Entry token, byte @Nullable [] reply, long expiresAtNs) {
    Flight flight = token.flight();
    if (flight == null) {
      return false;
    }
    byte[] block = reply == null ? null : compression.compress(reply);
    boolean[] published = new boolean[1];
    map.computeIfPresent(
        token,
        (key, current) -> {
          if (current == token) {
            land(token, reply, block, expiresAtNs);
            published[0] = true;
          }
          return current;
        });
    if (!published[0]) {
      land(token, reply, block, expiresAtNs);
    }
    flight.land(token);
    return published[0];
  }

  private static void land(
      Entry token, byte @Nullable [] reply, byte @Nullable [] block, long expiresAtNs) {
    if (reply != null && block != null) {
      token.land(block, reply.length, expiresAtNs);
    } else {
      token.land(reply, 0, expiresAtNs);
    }
  }

  /** Tells the readers of {@code token}'s flight the value without ever holding it. */
  public void deliver(Entry token, byte @Nullable [] reply) {
    remove(token);
    publish(token, reply, 0);
  }

  /** Gives {@code token} up: removes it, if it is there, and tells its readers that it failed. */
  public void abandon(Entry token) {
    Flight flight = token.flight();
    remove(token);
    if (flight != null) {
      flight.fail();
    }
  }

  /** Removes exactly {@code entry}; another entry of the same key stays. */
  @SuppressWarnings("ReferenceEquality") // not another of the same key
  public void remove(Entry entry) {
    map.computeIfPresent(entry, (key, current) -> current == entry ? null : current);
  }

  /**
   * Removes whatever is known of {@code key} and kills its flight; returns whether there was any.
   */
  public boolean remove(LookupKey key) {
    return map.remove(key) != null;
  }

  /**
   * Gives the memory of everything back, soon and on another thread: it takes time in proportion to
   * the entries. Whoever must not serve them any more has moved the epoch before.
   */
  public void clear() {
    Thread.ofVirtual().name("nearside-l1-clear").start(cache::invalidateAll);
  }

  /** Returns the weight of all entries in bytes. */
  public long bytes() {
    return eviction.weightedSize().orElse(0);
  }

  /** Returns the number of entries. */
  public long entries() {
    return cache.estimatedSize();
  }

  /** Returns the bound in bytes now in force. */
  public long maxBytes() {
    return eviction.getMaximum();
  }

  /** Changes the bound; what is over it is evicted at once. */
  public void setMaxBytes(long maxBytes) {
    eviction.setMaximum(maxBytes);
  }
}
