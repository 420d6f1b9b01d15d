package dev.nearside.proxy.coherence;

import dev.nearside.proxy.telemetry.InvalidationCause;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One database of one upstream node, or a cluster's slots of one, as far as L1 is concerned:
 * whether local reads are safe now, and how new they are. Thread-safe, lock-free.
 *
 * <p><b>Why a read through here is safe.</b> Three facts about the tracked connection carry it:
 *
 * <ol>
 *   <li>Everything known of a key entered L1 by a read on that connection, after which the server
 *       remembers the key and appends a push to the same stream when it changes.
 *   <li>The stream is worked off in order, one frame after the other: a push has removed its entry,
 *       for every thread, before the staleness clock can move by any later reply.
 *   <li>When the connection is lost, or the server says that everything changed, the <em>epoch</em>
 *       moves on, and every entry and flight of an older epoch is dead in that instant.
 * </ol>
 *
 * <p>So a reader checks the clock <em>first</em> and looks the entry up <em>after</em>: what it
 * then finds had survived all pushes up to the clock's moment. The other order would let a thread
 * that stalls in between serve what a push has long removed.
 *
 * <p><b>Without tracking</b> none of this holds: nothing tells of changes elsewhere. Then each
 * entry is as old as its own read, lives no longer than the staleness allowed, and is read again
 * for whoever has seen something later. What would wait for a barrier empties L1 instead.
 *
 * <p>The clock, {@link #coherentAsOfNs()}, is the send time of the newest command that the tracked
 * connection has answered: every write that the upstream executed before it has had its effect
 * here.
 */
public final class Shard {
  /**
   * What a closed generation has left: entries of its epoch, true as of {@code asOfNs}. No later
   * epoch may serve them, but a namespace may allow them while Redis cannot be asked, as long as
   * nothing else has moved the epoch on from {@code next}. Not of one that was not served: in
   * shadow mode others may have been shown newer states.
   */
  private record Remains(long epoch, long next, long asOfNs) {}

  /** What a look-up says beyond "here it is". */
  public enum Verdict {
    /** The entry may be served. */
    HIT,
    /** Nothing is known of the key, or no more. */
    MISS,
    /** A flight is reading the key. */
    IN_FLIGHT,
    /** L1 is behind what this connection has seen: wait for the barrier, then look again. */
    BEHIND,
    /** No local read is safe now. */
    CLOSED
  }

  private final int database;
  private final LocalTier local;
  private final Fences fences;
  private final Invalidations invalidations;
  private final long maxStalenessNs;
  private final boolean tracking;
  private final Placement placement;
  private final Epochs epochs;
  private final Barrier barrier;
  private final AtomicLong epoch;
  private final AtomicLong sequence;
  private final AtomicLong ownFlushes = new AtomicLong();
  private final AtomicInteger generation = new AtomicInteger();
  private final AtomicLong generations;
  private volatile @Nullable Remains remains;
  private volatile boolean open;
  private volatile boolean serving;
  private volatile long coherentAsOfNs;
  private final OpaqueEnd opaque = new OpaqueEnd();

  /**
   * What all shards share.
   *
   * @param sequence how often anything was removed; changes before and after each
   * @param generations how many were opened
   * @param maxStalenessNs the oldest a local read may be
   * @param tracking whether the upstream tells of changes
   */
  record Shared(
      LocalTier local,
      Fences fences,
      Invalidations invalidations,
      Epochs epochs,
      AtomicLong sequence,
      AtomicLong generations,
      long maxStalenessNs,
      boolean tracking) {}

  /**
   * Creates a closed shard.
   *
   * @param placement says which keys are its own
   */
  Shard(int database, Placement placement, Shared shared) {
    this.database = database;
    this.placement = placement;
    this.local = shared.local;
    this.fences = shared.fences;
    this.invalidations = shared.invalidations;
    this.epochs = shared.epochs;
    this.sequence = shared.sequence;
    this.generations = shared.generations;
    this.maxStalenessNs = shared.maxStalenessNs;
    this.tracking = shared.tracking;
    this.epoch = new AtomicLong(epochs.next());
    this.barrier = new Barrier(this, invalidations.barriers());
  }

  /**
   * Says whether {@code key} may be answered locally; allocates nothing.
   *
   * @param nowNs a moment after the request had been received
   * @param floorNs the answer has to be at least as new as the upstream was at this moment
   * @param found receives the entry of {@link Verdict#HIT} and {@link Verdict#IN_FLIGHT}
   */
  public Verdict look(LookupKey key, long nowNs, long floorNs, Found found) {
    if (!serving) {
      found.entry = null;
      return Verdict.CLOSED;
    }
    return lookThough(key, nowNs, floorNs, found);
  }

  /** As {@link #look}, though L1 may be switched so that it does not serve. */
  public Verdict lookThough(LookupKey key, long nowNs, long floorNs, Found found) {
    found.entry = null;
    if (!open || fences.isUp(key.hashCode())) {
      return Verdict.CLOSED;
    }
    long asOfNs = coherentAsOfNs;
    if (nowNs - asOfNs > maxStalenessNs) {
      return Verdict.CLOSED;
    }
    Entry entry = local.find(key);
    if (entry == null) {
      return Verdict.MISS;
    }
    if (entry.epoch() != epochOf(key)) {
      local.remove(entry);
      return Verdict.MISS;
    }
    if (entry.flight() != null) {
      found.entry = entry;
      return Verdict.IN_FLIGHT;
    }
    if (entry.expiresAtNs() - nowNs <= 0) {
      local.remove(entry);
      invalidations.count(InvalidationCause.EXPIRED);
      return Verdict.MISS;
    }
    boolean told = tellsOf(entry);
    if (told && asOfNs - floorNs < 0) {
      return Verdict.BEHIND;
    }
    if (!told && isOutOfDate(entry, nowNs, floorNs)) {
      local.remove(entry); // to wait brings no news of it: it is to be read again
      return Verdict.MISS;
    }
    found.entry = entry;
    return Verdict.HIT;
  }

  /** Returns whether the upstream tells of whatever makes {@code entry} untrue. */
  private boolean tellsOf(Entry entry) {
    return tracking && !(placement.maySpringUpElsewhere() && entry.isNil());
  }

  /** Returns whether what no push tells of is too old for a reader. */
  private boolean isOutOfDate(Entry entry, long nowNs, long floorNs) {
    return entry.asOfNs() - floorNs < 0 || (tracking && isUntold(entry.asOfNs(), nowNs));
  }

  /**
   * Returns what this generation, or the last one where L1 is closed, holds of {@code key}, if that
   * was true no longer than {@code maxAgeNs} ago, else null. Its own expiry holds; a write through
   * this sidecar has removed it.
   */
  public @Nullable Entry findStale(LookupKey key, long nowNs, long maxAgeNs) {
    Remains left = remains(); // before the look-up, as the clock is
    Entry entry = left == null ? null : local.find(key);
    return ageNs(entry, left, key, nowNs, maxAgeNs) < 0 ? null : entry;
  }

  /**
   * Returns how long ago, in ns, what {@link #findStale} would find was known to be true, or -1
   * where it would find nothing. To ask is no access.
   */
  public long staleAgeNs(LookupKey key, long nowNs, long maxAgeNs) {
    Remains left = remains();
    return ageNs(left == null ? null : local.peek(key), left, key, nowNs, maxAgeNs);
  }

  private @Nullable Remains remains() {
    if (open) {
      long current = epoch.get();
      return serving ? new Remains(current, current, coherentAsOfNs) : null;
    }
    Remains left = remains;
    return left != null && epoch.get() == left.next ? left : null;
  }

  /** Returns how long ago {@code entry} was known to be true, or -1 if it may not be served. */
  private long ageNs(
      @Nullable Entry entry, @Nullable Remains left, LookupKey key, long nowNs, long maxAgeNs) {
    if (entry == null
        || left == null
        || fences.isUp(key.hashCode())
        || entry.epoch() != placement.epochOf(key, this, left.epoch)
        || entry.flight() != null
        || entry.expiresAtNs() - nowNs <= 0) {
      return -1;
    }
    boolean ownAge = !tellsOf(entry) && entry.asOfNs() - left.asOfNs < 0;
    long asOfNs = ownAge ? entry.asOfNs() : left.asOfNs;
    boolean isTrue = !opaque.isAfter(asOfNs) && nowNs - asOfNs <= maxAgeNs;
    return isTrue ? Math.max(0, nowNs - asOfNs) : -1;
  }

  /**
   * Returns what is held of {@code key} in this epoch, in flight, landed or expired, or null.
   * Changes nothing, and says nothing of whether it may be served.
   */
  public @Nullable Entry peek(LookupKey key) {
    Entry entry = local.peek(key);
    return entry != null && entry.epoch() == epochOf(key) ? entry : null;
  }

  /** Returns whether L1 is too far behind the upstream to be served at {@code nowNs}. */
  public boolean isStale(long nowNs) {
    return nowNs - coherentAsOfNs > maxStalenessNs;
  }

  /** Receives what {@link #look} found; one per event loop, reused. */
  public static final class Found {
    private @Nullable Entry entry;

    /** Returns the entry found by the last look, or null. */
    public @Nullable Entry entry() {
      return entry;
    }
  }

  /** Returns whether the tracked connection is open. */
  public boolean isOpen() {
    return open;
  }

  /**
   * Returns the epoch that a flight of {@code key} starting now belongs to; one that no entry is
   * ever served of where another shard answers for it by now.
   */
  public long epochOf(LookupKey key) {
    return placement.epochOf(key, this, epoch.get());
  }

  /** Returns the moment as of which everything that happened upstream has had its effect here. */
  public long coherentAsOfNs() {
    return coherentAsOfNs;
  }

  /** Returns how many generations have been opened. */
  public int generation() {
    return generation.get();
  }

  /** Returns the number of this database. */
  public int database() {
    return database;
  }

  /** Returns the barrier of this shard's tracked connection. */
  public Barrier barrier() {
    return barrier;
  }

  /** Returns whether the upstream tells of changes. */
  public boolean isTracking() {
    return tracking;
  }

  /** Runs {@code then}, on any thread, once every push that is due by now has arrived. */
  public void whenTold(Runnable then) {
    if (tracking) {
      barrier.await(System.nanoTime(), then);
    } else {
      then.run();
    }
  }

  /**
   * Returns whether what was asked for at {@code sinceNs} without being tracked may miss a change
   * that a reader at {@code nowNs} must see, though neither fence nor floor says so.
   */
  public boolean isUntold(long sinceNs, long nowNs) {
    return nowNs - sinceNs > maxStalenessNs || opaque.isSince(sinceNs);
  }

  /** Returns whether a key with this hash has a write of this sidecar under way. */
  public boolean isFenced(int keyHash) {
    return fences.isUp(keyHash);
  }

  /** Switches serving on or off; off takes effect for every read that starts afterwards. */
  void serve(boolean on) {
    serving = on;
  }

  /**
   * Opens a generation: tracking was turned on, the server has confirmed it.
   *
   * @param sentAtNs when the command that turned it on was sent
   * @param sendPing sends a PING on the new connection
   */
  public void open(long sentAtNs, Runnable sendPing) {
    coherentAsOfNs = sentAtNs;
    generation.incrementAndGet();
    generations.incrementAndGet();
    barrier.arm(sendPing);
    remains = null;
    open = true;
    barrier.wakeCovered();
    clear();
  }

  /** Gives back the memory of what no read will be answered with any more, soon. */
  void clear() {
    local.clear(this::isOver);
  }

  /** Returns whether {@code entry} is one of this shard, of an epoch that has ended. */
  @SuppressWarnings("ReferenceEquality") // this very shard
  private boolean isOver(Entry entry) {
    return entry.epoch() < epoch.get() && placement.shardOf(entry) == this;
  }

  /**
   * Closes the generation: no entry or flight of it is served or published when this returns, but
   * as {@link #findStale} says.
   */
  public void close() {
    close(InvalidationCause.GENERATION);
  }

  /** As {@link #close()}, for {@code cause}. */
  public void close(InvalidationCause cause) {
    if (!open) {
      return;
    }
    boolean served = serving; // before anybody can be told that there is nothing to wait for
    open = false;
    Remains left = dropAll(cause);
    if (cause == InvalidationCause.GENERATION && served) {
      remains = left;
    }
    barrier.wakeCovered();
  }

  /** What the last generation has left may not be served, whatever a namespace allows. */
  public void forgetRemains() {
    remains = null;
  }

  /** A command ended at {@code nowNs} of which {@link OpaqueEnd} tells. */
  void opaqueEnded(long nowNs) {
    opaque.at(nowNs);
  }

  /** Moves the clock: a command sent at {@code sentAtNs} was answered on the tracked connection. */
  public void answered(long sentAtNs) {
    if (sentAtNs - coherentAsOfNs > 0) {
      coherentAsOfNs = sentAtNs;
    }
  }

  /** As {@link #answered}, for a PING sent for the barrier. */
  public void barrierAnswered(long sentAtNs) {
    answered(sentAtNs);
    barrier.answered();
  }

  /** The server says that {@code key} changed. */
  public void pushed(LookupKey key) {
    sequence.incrementAndGet();
    invalidations.count(InvalidationCause.PUSH, local.remove(key));
    sequence.incrementAndGet();
  }

  /** Somebody asks that {@code entry} be forgotten; returns whether it was still there. */
  boolean dropOnRequest(Entry entry) {
    sequence.incrementAndGet();
    boolean removed = local.remove(entry);
    if (removed) {
      invalidations.count(InvalidationCause.REQUEST);
    }
    sequence.incrementAndGet();
    return removed;
  }

  /**
   * Somebody asks that {@code key} be forgotten; returns whether anything was known of it. In the
   * order of {@link #pushed}: a snapshot of many keys sees the sequence move.
   */
  boolean dropOnRequest(LookupKey key) {
    sequence.incrementAndGet();
    Entry removed = local.remove(key);
    invalidations.count(InvalidationCause.REQUEST, removed);
    sequence.incrementAndGet();
    return removed != null;
  }

  /** The server says that everything changed. */
  public void pushedAll() {
    dropAll(InvalidationCause.FLUSH);
  }

  /** Something has happened of which no push tells: nothing held is trusted. */
  public void changedUnpushed() {
    dropAll(InvalidationCause.UNPUSHED);
  }

  /** Returns how often a command of this sidecar may have changed every key at once, or more. */
  public long ownFlushes() {
    return ownFlushes.get();
  }

  /** A command of this sidecar may change, or may have changed, every key at once. */
  void flushed() {
    ownFlushes.incrementAndGet();
    dropAll(InvalidationCause.FLUSH);
  }

  /** An entry was found that should not have been there: no other is trusted either. */
  public void distrust() {
    dropAll(InvalidationCause.AUDIT);
  }

  /** Moves the epoch on, and returns what the one that ended has left. */
  private Remains dropAll(InvalidationCause cause) {
    sequence.incrementAndGet();
    long ended;
    long next;
    do {
      ended = epoch.get();
      next = epochs.next();
    } while (!epoch.compareAndSet(ended, next)); // each who drops ends what is there then
    invalidations.count(cause);
    sequence.incrementAndGet();
    return new Remains(ended, next, coherentAsOfNs);
  }

  /** Nothing that is held is true any more, because of {@code cause}. */
  void drop(InvalidationCause cause) {
    dropAll(cause);
  }
}
