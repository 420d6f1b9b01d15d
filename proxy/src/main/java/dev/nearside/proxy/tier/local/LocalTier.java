package dev.nearside.proxy.tier.local;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
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
  private final Cache<Object, Entry> cache;
  private final ConcurrentMap<Object, Entry> map;
  private final Policy.Eviction<Object, Entry> eviction;
  private final Compression compression;
  private final Cohort.Current cohorts = new Cohort.Current();

  /** Tokens of reads that others share but that may not be held: no push tells of their keys. */
  private final ConcurrentMap<Object, Entry> shared = new ConcurrentHashMap<>();

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

  /** As {@link #find}, but asking is no access: nothing stays longer for it. */
  public @Nullable Entry peek(LookupKey key) {
    return cache.policy().getIfPresentQuietly(key);
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
  public Entry token(LookupKey key, long epoch, int namespace, Flight flight) {
    return new Entry(key, cohorts.of(key.database(), epoch, namespace, flight.sentAtNs()), flight);
  }

  /**
   * Lands the flight of {@code token}: publishes the value if the token is still there, and tells
   * every reader in either case.
   *
   * @param reply the reply as it is written, or null for nil
   * @param expiresAtNs when it expires; if that is over, only who began the flight is told
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
            token.land(reply, block, expiresAtNs);
            published[0] = true;
          }
          return current;
        });
    if (!published[0]) {
      token.land(reply, block, expiresAtNs);
    }
    flight.land(token, expiresAtNs - System.nanoTime() <= 0);
    return published[0];
  }

  /**
   * The value of {@code entry} was read again: if it is the same, and the entry still there, the
   * entry lives on.
   *
   * @param asOfNs when that read was sent
   */
  @SuppressWarnings("ReferenceEquality") // the very entry
  public Renewal renew(Entry entry, byte @Nullable [] reply, long asOfNs, long expiresAtNs) {
    Renewal[] outcome = {Renewal.GONE};
    map.computeIfPresent(
        entry,
        (key, current) -> {
          if (current != entry) {
            return current;
          }
          if (!entry.shows(reply)) {
            outcome[0] = Renewal.DIFFERS;
            return null;
          }
          if (!entry.renew(asOfNs, expiresAtNs)) {
            return null; // the next read brings it in anew
          }
          outcome[0] = Renewal.RENEWED;
          return current;
        });
    return outcome[0];
  }

  /** What became of an entry whose value was read again. */
  public enum Renewal {
    /** It lives on. */
    RENEWED,
    /** It was removed meanwhile, or is now: it has been renewed for days. */
    GONE,
    /** It held another value, and was removed. */
    DIFFERS
  }

  /** As {@link #publish}, without ever holding it. */
  public void deliver(Entry token, byte @Nullable [] reply, long expiresAtNs) {
    remove(token);
    Flight flight = token.flight();
    if (flight != null) {
      token.land(reply, null, expiresAtNs);
      flight.land(token, expiresAtNs - System.nanoTime() <= 0);
    }
  }

  /**
   * Tells the readers of {@code token}'s flight what was read elsewhere than in the stream that
   * keeps L1 true; holds nothing, and forgets what is held of its key meanwhile: it may be older.
   */
  public void deliverElsewhere(Entry token, byte @Nullable [] reply) {
    Flight flight = token.flight();
    map.remove(token);
    if (flight != null) {
      token.land(reply, null, token.asOfNs());
      flight.deliver(token);
    }
  }

  /** Tells the readers of {@code token}, which is not held, what was read, and holds nothing. */
  public void tell(Entry token, byte @Nullable [] reply) {
    Flight flight = token.flight();
    if (flight != null) {
      token.land(reply, null, token.asOfNs());
      flight.land(token, false);
    }
  }

  /** Gives {@code token} up: removes it, if it is there, and tells its readers that it failed. */
  public void abandon(Entry token) {
    Flight flight = token.flight();
    remove(token);
    if (flight != null) {
      flight.fail();
    }
  }

  /**
   * Removes exactly {@code entry}; another entry of the same key stays. Returns whether it was
   * there.
   */
  @SuppressWarnings("ReferenceEquality") // not another of the same key
  public boolean remove(Entry entry) {
    boolean[] removed = new boolean[1];
    map.computeIfPresent(
        entry,
        (key, current) -> {
          removed[0] = current == entry;
          return removed[0] ? null : current;
        });
    return removed[0];
  }

  /**
   * Shows every entry, in flight or landed, to {@code visitor}, which may remove it; takes time in
   * proportion to them. What was put before the call and is still there is shown, once; what is put
   * meanwhile may be.
   */
  public void forEach(Consumer<Entry> visitor) {
    map.values().forEach(visitor);
  }

  /**
   * Removes whatever is known of {@code key} and kills its flight; nobody joins a shared read of it
   * any more.
   *
   * @return what was known, in flight or landed, or null
   */
  public @Nullable Entry remove(LookupKey key) {
    if (!shared.isEmpty()) {
      shared.remove(key);
    }
    return peek(key) == null ? null : map.remove(key); // to look takes no lock
  }

  /** Puts the token of a read that others may share; returns false where there is one already. */
  public boolean beginShared(Entry token) {
    return shared.putIfAbsent(token, token) == null;
  }

  /** Returns the token of the read of {@code key} that others may share now, or null. */
  public @Nullable Entry findShared(LookupKey key) {
    return shared.get(key);
  }

  /** Returns how many reads others may share now; 0 at rest. */
  public int sharing() {
    return shared.size();
  }

  /** Nobody joins the read of {@code token} any more. */
  @SuppressWarnings("ReferenceEquality") // not another of the same key
  public void endShared(Entry token) {
    shared.computeIfPresent(token, (key, current) -> current == token ? null : current);
  }

  /** Nobody joins any more the reads, begun before, whose tokens are {@code chosen}. */
  public void endShared(Predicate<Entry> chosen) {
    shared.values().removeIf(chosen);
  }

  /**
   * Gives the memory of everything back, soon and on another thread: it takes time in proportion to
   * the entries. Whoever must not serve them any more has moved the epoch before.
   */
  public void clear() {
    Thread.ofVirtual().name("nearside-l1-clear").start(cache::invalidateAll);
  }

  /** As {@link #clear()}, of the entries that are {@code over} only. */
  public void clear(Predicate<Entry> over) {
    Thread.ofVirtual().name("nearside-l1-clear").start(() -> map.values().removeIf(over));
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
