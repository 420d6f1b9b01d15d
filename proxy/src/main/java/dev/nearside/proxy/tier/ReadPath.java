package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Admission.Refusal;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import dev.nearside.proxy.tier.redis.TrackedConnections;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The way of a cacheable read over the tiers: L1, then the one flight of its key on the tracked
 * connection, then the database. Shared by all event loops; never blocks.
 *
 * <p>{@link Flights} brings keys into L1, {@link Admission} says which, {@link EarlyRefresh} keeps
 * hot ones there, {@link SharedReads} lets identical reads share one where L1 may hold nothing, and
 * {@link StandIns} answer where Redis does not.
 */
public final class ReadPath {
  /** What became of a read. */
  public enum Outcome {
    /** {@code found} has the entry to answer with. */
    HIT,
    /** The reader will be told. */
    PENDING,
    /** Wait for the shard's barrier, then ask again. */
    BEHIND,
    /** Ask the upstream on the client's own way. */
    RELAY
  }

  /**
   * What the path may hold of a value, and how long it tries.
   *
   * @param maxEntryBytes larger values are never held
   * @param maxTtl cap on the life of an entry
   * @param admissionWindow a key is held on its second request within this time; zero holds at once
   * @param skipsChurning whether keys that change more often than they are served are not held
   * @param refreshesEarly whether hot entries are read again before they expire
   * @param fillTimeout bound on a read of Redis where something else can answer instead
   * @param retryFor how long a read that the upstream did not answer is tried again
   * @param database the number of the one Redis database that namespaces are about
   */
  public record Policy(
      int maxEntryBytes,
      Duration maxTtl,
      Duration admissionWindow,
      boolean skipsChurning,
      boolean refreshesEarly,
      Duration fillTimeout,
      Duration retryFor,
      int database) {}

  private final Coherence coherence;
  private final TrackedConnections tracked;
  private final Namespaces namespaces;
  private final FillCounters counters;
  private final TierCounters tiers;
  private final Admission admission;
  private final Flights flights;
  private final EarlyRefresh refresh;
  private final SharedReads shared;
  private final Audit audit;
  private final ReadRetries retries;
  private final StandIns standIns;

  /**
   * Creates the path.
   *
   * @param tracked the tracked connection of each shard
   * @param guard the breaker and bulkhead of reads of Redis
   * @param database how misses of namespaces are read through, or null where there is no database
   * @param audit compares what is served with Redis
   */
  public ReadPath(
      Coherence coherence,
      LocalTier local,
      TrackedConnections tracked,
      Namespaces namespaces,
      Guard guard,
      @Nullable DatabaseFill database,
      Audit audit,
      Policy policy,
      Metrics metrics) {
    this.coherence = coherence;
    this.tracked = tracked;
    this.namespaces = namespaces;
    this.audit = audit;
    this.counters = FillCounters.of(metrics);
    this.tiers = new TierCounters(metrics, namespaces);
    this.admission =
        new Admission(
            policy.maxEntryBytes(),
            policy.admissionWindow(),
            policy.skipsChurning(),
            coherence.churn(),
            local.maxBytes());
    this.flights =
        new Flights(
            local,
            guard,
            database,
            admission,
            new Lifetime(policy.maxTtl()),
            new FlightTimes(tiers.size()),
            counters,
            tiers,
            new ColdNamespaces(tiers.size()));
    this.refresh = new EarlyRefresh(flights, policy.refreshesEarly(), metrics);
    this.shared =
        new SharedReads(coherence, local, admission, metrics.counter(Metric.READS_SHARED));
    this.retries = new ReadRetries(policy.retryFor(), metrics.counter(Metric.RETRIES, "redis"));
    this.standIns = new StandIns(coherence, namespaces, flights, database, policy, metrics);
  }

  /** Lowers or restores the largest value that is held, never above the configured one. */
  public void limitEntryBytes(int bytes) {
    admission.limitBytes(bytes);
  }

  /** The key with this hash is written with NX, as locks are: it is not held for a while. */
  public void noteLock(int keyHash, long nowNs) {
    admission.lock(keyHash, nowNs);
  }

  /**
   * Returns the oldest moment that an answer to {@code key} may reflect: {@code floorNs}, or the
   * arrival of the request in a namespace whose reads are strict.
   */
  public long floorOf(LookupKey key, long nowNs, long floorNs) {
    if (!namespaces.anyStrict()) {
      return floorNs;
    }
    Namespace namespace = namespaces.find(key.array(), 0, key.length());
    return namespace != null && namespace.strict() ? nowNs : floorNs;
  }

  /** Looks {@code key} up in L1 and nowhere else. */
  public Outcome look(LookupKey key, long nowNs, long floorNs, Shard.Found found) {
    Shard shard = coherence.shard(key);
    if (shard == null) {
      return Outcome.RELAY;
    }
    return switch (shard.look(key, nowNs, floorNs, found)) {
      case HIT -> hit(key, nowNs, found);
      case BEHIND -> Outcome.BEHIND;
      case MISS, IN_FLIGHT -> Outcome.PENDING;
      case CLOSED -> Outcome.RELAY;
    };
  }

  private Outcome hit(LookupKey key, long nowNs, Shard.Found found) {
    Entry entry = java.util.Objects.requireNonNull(found.entry());
    audit.served(entry, nowNs);
    used(key, entry, nowNs);
    return Outcome.HIT;
  }

  private void used(LookupKey key, Entry entry, long nowNs) {
    entry.serve();
    if (refresh.isDue(entry, nowNs)) {
      Shard shard = coherence.shard(key);
      TrackedConnection connection = tracked.of(shard);
      if (shard != null && connection != null) {
        refresh.start(shard, connection, entry, standIns.namespaceOf(key));
      }
    }
  }

  /**
   * In shadow mode, does with L1 what serving would do.
   *
   * @return the entry that would have been served, to be compared with what Redis says; or null
   */
  public @Nullable Entry shadow(LookupKey key, long nowNs, long floorNs, Shard.Found found) {
    Shard shard = coherence.shard(key);
    TrackedConnection connection = tracked.of(shard);
    if (coherence.mode() != L1Mode.SHADOW || shard == null || connection == null) {
      return null;
    }
    return switch (shard.lookThough(key, nowNs, floorNs, found)) {
      case HIT -> {
        Entry entry = java.util.Objects.requireNonNull(found.entry());
        used(key, entry, nowNs);
        yield entry;
      }
      case MISS -> {
        fill(shard, connection, key, nowNs);
        yield null;
      }
      case IN_FLIGHT, BEHIND, CLOSED -> null;
    };
  }

  /**
   * Brings {@code key}, which somebody has read on a way of his own, into L1 for who comes next; it
   * is sent at the next {@link #flush}.
   */
  public void bring(LookupKey key, long nowNs) {
    Shard shard = coherence.shard(key);
    TrackedConnection connection = tracked.of(shard);
    if (shard != null && connection != null && shard.isOpen() && coherence.fills()) {
      fill(shard, connection, key, nowNs);
    }
  }

  private void fill(Shard shard, TrackedConnection connection, LookupKey key, long nowNs) {
    if (admission.asked(key.hashCode(), false, nowNs) == null) {
      flights.startForNobody(shard, connection, key, standIns.namespaceOf(key));
    }
  }

  /** Compares what {@link #shadow} has found with a whole reply to GET. */
  public void compare(Entry entry, byte[] reply) {
    audit.compare(entry, SharedRead.whole(reply));
  }

  /**
   * Joins or starts the flight of {@code key} after {@link #look} has said {@link Outcome#PENDING}.
   *
   * @param reader told once, on any thread, if the outcome is {@link Outcome#PENDING}
   * @return {@code PENDING} or {@code RELAY}
   */
  public Outcome fly(
      LookupKey key, long nowNs, long floorNs, Shard.Found found, Flight.Reader reader) {
    Entry inFlight = found.entry();
    if (inFlight != null) {
      return join(key, inFlight, nowNs, floorNs, reader);
    }
    Shard shard = coherence.shard(key);
    TrackedConnection connection = tracked.of(shard);
    if (shard == null || connection == null || !shard.isOpen() || !coherence.fills()) {
      return Outcome.RELAY;
    }
    Namespace namespace = standIns.namespaceOf(key);
    if (admission.asked(key.hashCode(), standIns.readsThrough(namespace), nowNs) != null) {
      return Outcome.RELAY;
    }
    return flights.start(shard, connection, key, namespace, reader)
        ? Outcome.PENDING
        : Outcome.RELAY;
  }

  /**
   * Reads {@code key} for {@code reader} alone, in the order of what is pushed, where that is
   * better than to relay it, after {@link #fly} has said {@link Outcome#RELAY}.
   *
   * @return {@code PENDING} or {@code RELAY}
   */
  public Outcome pass(LookupKey key, long nowNs, Flight.Reader reader) {
    Shard shard = coherence.shard(key);
    TrackedConnection connection = tracked.of(shard);
    boolean passes =
        shard != null
            && connection != null
            && passes(key, nowNs)
            && flights.pass(shard, connection, key, standIns.namespaceOf(key), reader);
    return passes ? Outcome.PENDING : Outcome.RELAY;
  }

  /**
   * Returns whether {@link #pass} would read {@code key}: not where its value is large, and pushes
   * would have to wait behind it, nor where the database may have to be asked.
   */
  public boolean passes(LookupKey key, long nowNs) {
    TrackedConnection connection = tracked.of(coherence.shard(key));
    return connection != null
        && connection.passes(nowNs)
        && !standIns.readsThrough(standIns.namespaceOf(key))
        && admission.refusal(key.hashCode(), false, nowNs) != Refusal.TOO_LARGE;
  }

  private Outcome join(
      LookupKey key, Entry inFlight, long nowNs, long floorNs, Flight.Reader reader) {
    Flight flight = inFlight.flight();
    if (flight == null
        || flight.sentAtNs() - floorNs < 0
        || isOutOfDate(key, flight, nowNs)
        || !flight.join(reader)) {
      return Outcome.RELAY;
    }
    counters.joined().increment();
    return Outcome.PENDING;
  }

  /** What no push takes away is not joined behind a command that may have written any key. */
  private boolean isOutOfDate(LookupKey key, Flight flight, long nowNs) {
    if (flight.isTracked()) {
      return false;
    }
    Shard shard = coherence.shard(key);
    return shard == null || shard.isUntold(flight.sentAtNs(), nowNs);
  }

  /**
   * Returns an identical read under way on another client's own way, or null. What it brings is for
   * who had asked before it was sent; who joins it later asks anew then, with all who do.
   */
  public @Nullable Flight findShared(LookupKey key) {
    return shared.find(key);
  }

  /** Joins what {@link #findShared} has found; false where it has ended meanwhile. */
  public boolean joinShared(Flight flight, Flight.Reader reader) {
    return shared.join(flight, reader);
  }

  /** Lets others join the read of {@code key} that goes upstream next; null where they may not. */
  public @Nullable SharedRead share(LookupKey key, long nowNs) {
    return shared.lead(key, nowNs);
  }

  /** Returns what answers where Redis does not. */
  public StandIns standIns() {
    return standIns;
  }

  /** Returns when reads are tried again. */
  public ReadRetries retries() {
    return retries;
  }

  /**
   * Returns whether MGET in {@code database} may be answered from L1 at all: it is certain that the
   * sidecar's own user may run it.
   */
  public boolean allowsMget(int database) {
    return tracked.allowMget(database);
  }

  /** Sends the tracked reads and lease requests gathered since the last call, of every database. */
  public void flush() {
    tracked.flush();
    standIns.flush();
  }

  /** Returns the state of the tracked connection of {@code shard} in words. */
  public String stateOf(Shard shard) {
    TrackedConnection connection = tracked.of(shard);
    return connection == null ? "none" : connection.state();
  }

  /**
   * Returns in a word what stands against bringing {@code key} in at {@code nowNs}, {@code
   * too-large}, {@code lock}, {@code churning} or {@code not-admitted}, or null; remembers nothing
   * of having been asked.
   */
  public @Nullable String refusalOf(LookupKey key, long nowNs) {
    boolean dear = standIns.readsThrough(standIns.namespaceOf(key));
    return switch (admission.refusal(key.hashCode(), dear, nowNs)) {
      case null -> null;
      case TOO_LARGE -> "too-large";
      case LOCK -> "lock";
      case CHURNING -> "churning";
      case FIRST_REQUEST -> "not-admitted";
    };
  }

  /** Returns the number in metrics of the namespace of {@code key}. */
  public int namespaceNumber(LookupKey key) {
    return tiers.number(namespaces.find(key.array(), 0, key.length()));
  }
}
