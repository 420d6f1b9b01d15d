package dev.nearside.proxy.coherence;

import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.telemetry.InvalidationCause;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The shards of the upstream, their common fences, and the switch of L1. Thread-safe.
 *
 * <p>Relayed commands tell it what they touch by a {@link Touch}; the tracked connections tell
 * their {@link Shard} what the server says.
 */
public final class Coherence {
  private final LocalTier local;
  private final CoherenceMode by;
  private final Fences fences = new Fences();
  private final Invalidations invalidations;
  private final Shard.Shared shared;
  private final Placement placement;
  private final @Nullable ClusterShards cluster;

  /** Held while L1 is switched, and while a barrier that has ended lets a shard serve. */
  private final ReentrantLock switching = new ReentrantLock();

  private long switches;
  private volatile L1Mode mode = L1Mode.OFF;

  /** Creates closed shards, kept true by tracking. */
  public Coherence(
      LocalTier local, List<Integer> databases, Duration maxStaleness, Metrics metrics) {
    this(local, databases, CoherenceMode.TRACKING, maxStaleness, metrics);
  }

  /**
   * Creates closed shards, one per database.
   *
   * @param databases the databases whose reads may be local
   * @param by what keeps L1 true; nothing, and L1 stays off
   * @param maxStaleness the oldest a local read may be
   */
  public Coherence(
      LocalTier local,
      List<Integer> databases,
      CoherenceMode by,
      Duration maxStaleness,
      Metrics metrics) {
    this(local, by, maxStaleness, metrics, databases);
  }

  private Coherence(
      LocalTier local,
      CoherenceMode by,
      Duration maxStaleness,
      Metrics metrics,
      @Nullable List<Integer> databases) {
    this.local = local;
    this.by = by;
    this.invalidations = new Invalidations(metrics);
    boolean tracking = by == CoherenceMode.TRACKING;
    Epochs epochs = new Epochs();
    shared =
        new Shard.Shared(
            local,
            fences,
            invalidations,
            epochs,
            new AtomicLong(),
            new AtomicLong(),
            maxStaleness.toNanos(),
            tracking);
    if (databases == null) {
      BySlot slots = new BySlot(epochs);
      placement = slots;
      cluster = new ClusterShards(this, slots, shared);
    } else {
      placement = new ByDatabase(databases, shared);
      cluster = null;
    }
  }

  /** Creates what a cluster's shards will be added to, as its primaries become known. */
  public static Coherence ofCluster(
      LocalTier local, CoherenceMode by, Duration maxStaleness, Metrics metrics) {
    return new Coherence(local, by, maxStaleness, metrics, null);
  }

  /** Returns the shard of {@code key}, or null where reads of it are never local. */
  public @Nullable Shard shard(LookupKey key) {
    return placement.shardOf(key);
  }

  /** Returns every shard there is now. */
  public List<Shard> shards() {
    return placement.shards();
  }

  /** Returns what adds shards and takes them away; null where they stay the same. */
  public @Nullable ClusterShards cluster() {
    return cluster;
  }

  /** A shard was added, of which nothing is held yet. */
  void joined(Shard shard) {
    switching.lock();
    try {
      shard.serve(mode == L1Mode.ON);
    } finally {
      switching.unlock();
    }
  }

  /** Returns how often anything was removed, or more; changes before and after each. */
  public long sequence() {
    return shared.sequence().get();
  }

  /** Returns how many generations have been opened. */
  public long generations() {
    return shared.generations().get();
  }

  /** Returns whether the upstream tells of changes. */
  public boolean isTracking() {
    return by == CoherenceMode.TRACKING;
  }

  /** Returns the fences. */
  public Fences fences() {
    return fences;
  }

  /** Returns which keys are invalidated more often than they are served. */
  public Churn churn() {
    return invalidations.churn();
  }

  /** Returns how L1 is switched. */
  public L1Mode mode() {
    return mode;
  }

  /**
   * Switches L1. {@code OFF} drops everything; no local read starts after it has returned. {@code
   * ON} serves behind a barrier: in shadow mode, reads on other paths may have shown newer states.
   *
   * @return why it cannot be switched so, or null
   */
  public @Nullable String setMode(L1Mode mode) {
    if (by == CoherenceMode.OFF && mode != L1Mode.OFF) {
      return "L1 stays off, because coherence.mode is off";
    }
    long number = switchTo(mode);
    switch (mode) {
      case ON -> {
        for (Shard shard : shards()) {
          shard.barrier().await(System.nanoTime(), () -> serve(shard, number));
        }
      }
      case SHADOW -> {}
      case OFF -> local.clear();
    }
    return null;
  }

  /** Returns the number of this switch, which is the last until the next. */
  private long switchTo(L1Mode mode) {
    switching.lock();
    try {
      boolean changes = mode != this.mode;
      this.mode = mode;
      for (Shard shard : shards()) {
        if (mode != L1Mode.ON) {
          shard.serve(false);
        }
        if (changes) {
          shard.forgetRemains(); // what others were shown in shadow mode has dropped nothing
        }
        if (mode == L1Mode.OFF) {
          shard.drop(InvalidationCause.SWITCH);
        }
      }
      return ++switches;
    } finally {
      switching.unlock();
    }
  }

  /** The barrier of switch {@code number} has ended; it was in vain if another has come since. */
  private void serve(Shard shard, long number) {
    switching.lock();
    try {
      if (switches == number) {
        shard.serve(true);
      }
    } finally {
      switching.unlock();
    }
  }

  /** Returns whether misses may be filled into L1 now. */
  public boolean fills() {
    return mode != L1Mode.OFF;
  }

  /** Returns whether reads of {@code shard} can be answered locally now. */
  public boolean isServing(Shard shard) {
    return mode == L1Mode.ON && shard.isOpen();
  }

  /** A command ended that may have changed, or shown, keys that nobody can name. */
  public void opaqueEnded() {
    long nowNs = System.nanoTime();
    for (Shard shard : shards()) {
      shard.opaqueEnded(nowNs);
    }
  }

  /**
   * Has {@code then} run, once and on any thread, when every shard that is open has seen all that
   * has happened so far, or has closed.
   *
   * @return whether any is open; if none is, {@code then} is not run
   */
  public boolean afterBarriers(Runnable then) {
    List<Shard> open = shards().stream().filter(Shard::isOpen).toList();
    long momentNs = System.nanoTime();
    AtomicInteger left = new AtomicInteger(open.size());
    for (Shard shard : open) {
      shard
          .barrier()
          .await(
              momentNs,
              () -> {
                if (left.decrementAndGet() == 0) {
                  then.run();
                }
              });
    }
    return !open.isEmpty();
  }

  /** Removes all that L1 knows of {@code key}, by name, in every database. */
  void drop(LookupKey key, InvalidationCause cause) {
    for (int database : placement.databases()) {
      LookupKey here = key.database() == database ? key : key.in(database);
      invalidations.count(cause, local.remove(here));
    }
  }

  /**
   * Forgets {@code name} in every database because somebody asks for it, and kills its flights.
   * From any thread; when this returns, no look-up finds what was there before.
   *
   * @return how many entries and flights that were
   */
  public int invalidate(byte[] name) {
    int removed = 0;
    LookupKey key = new LookupKey();
    fences.changed(key.set(0, name).hashCode());
    for (int database : placement.databases()) {
      Shard shard = shard(key.set(database, name));
      removed += shard != null && shard.dropOnRequest(key) ? 1 : 0;
    }
    return removed;
  }

  /**
   * Forgets every entry and flight that {@code chosen} says, because somebody asks for it. Takes
   * time in proportion to all entries, so not for event loops.
   *
   * <p>Nothing that was put before the call survives it. The iteration shows every mapping that was
   * there when it began and is still there when it is reached. A mapping that is replaced meanwhile
   * is removed and put anew; the new one's token was put after the call, so its read was sent after
   * it. A flight that lands meanwhile keeps its token, the same object under the same key, and so
   * is removed like any other; removed before it lands, it cannot publish. Of reads that clients
   * share the same holds: nobody joins an older one any more.
   *
   * @return how many entries and flights that were
   */
  public int invalidate(Predicate<Entry> chosen) {
    int[] removed = new int[1];
    local.endShared(chosen);
    local.forEach(entry -> {
      Shard shard = placement.shardOf(entry);
      if (shard != null && chosen.test(entry) && shard.dropOnRequest(entry)) {
        removed[0]++;
      }
    });
    return removed[0];
  }

  /**
   * Drops everything, flights included, because nobody knows what was missed. All of it is dead
   * when this returns; its memory comes back soon, on another thread.
   */
  public void repair() {
    for (Shard shard : shards()) {
      shard.drop(InvalidationCause.REPAIR);
      shard.clear();
    }
  }

  /** A command of this sidecar may change, or may have changed, every key at once. */
  void flush() {
    fences.changedAll();
    for (Shard shard : shards()) {
      shard.flushed();
    }
  }

  /** Returns the landed entry of {@code key} if its epoch is that of now, or null. */
  @Nullable Entry held(LookupKey key) {
    Entry entry = local.find(key);
    Shard shard = shard(key);
    if (entry == null || shard == null || entry.epoch() != shard.epochOf(key)) {
      return null;
    }
    return entry.flight() == null ? entry : null;
  }
}
