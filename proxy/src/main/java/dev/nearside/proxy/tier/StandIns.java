package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.config.NearsideConfig.WhenUnavailable;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Hit;
import dev.nearside.proxy.tier.Answer.Miss;
import dev.nearside.proxy.tier.Answer.Unavailable;
import dev.nearside.proxy.tier.ReadPath.Policy;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What answers a read of a namespace where Redis has nothing, or cannot be asked: the database, and
 * what L1 held. Shared by all event loops; never blocks.
 */
public final class StandIns {
  private static final Logger log = LoggerFactory.getLogger(StandIns.class);
  private static final Answer FAULT = new Unavailable(Answer.Reason.ERROR);

  private final Coherence coherence;
  private final Namespaces namespaces;
  private final Flights flights;
  private final @Nullable DatabaseFill database;
  private final Policy policy;
  private final TierCounters tiers;
  private final List<LongAdder> staleServed;
  private final StaleSpells staleSpells;
  private final boolean areAny;

  /** Told a reply as it is to be written. */
  public interface ReplyListener {
    /** {@code reply} is a whole RESP reply, or null for the null reply of the client's protocol. */
    void reply(byte @Nullable [] reply);
  }

  /**
   * Creates them.
   *
   * @param database how misses of namespaces are read through, or null where there is no database
   */
  StandIns(
      Coherence coherence,
      Namespaces namespaces,
      Flights flights,
      @Nullable DatabaseFill database,
      Policy policy,
      Metrics metrics) {
    this.coherence = coherence;
    this.namespaces = namespaces;
    this.flights = flights;
    this.database = database;
    this.policy = policy;
    this.tiers = flights.tiers();
    this.staleServed = metrics.staleServed();
    this.staleSpells = new StaleSpells(namespaces);
    this.areAny =
        database != null
            || namespaces.all().stream().anyMatch(namespace -> namespace.staleIfErrorNs() > 0);
  }

  /** Returns the namespace of {@code key}; they are about the upstream's own database only. */
  public @Nullable Namespace namespaceOf(LookupKey key) {
    return key.database() == policy.database()
        ? namespaces.find(key.array(), 0, key.length())
        : null;
  }

  /** Returns the namespace of the cached query {@code name}, or null where there is none. */
  public @Nullable Namespace query(String name) {
    return namespaces.query(name);
  }

  /**
   * Returns the namespace of {@code key} if there is something to fall back on when Redis cannot be
   * asked, else null.
   */
  public @Nullable Namespace guardedOf(LookupKey key) {
    if (!areAny) {
      return null;
    }
    Namespace namespace = namespaceOf(key);
    boolean stale = namespace != null && namespace.staleIfErrorNs() > 0;
    return stale || readsThrough(namespace) ? namespace : null;
  }

  /** Returns whether a miss of {@code namespace} is to be read in the database. */
  public boolean readsThrough(@Nullable Namespace namespace) {
    return flights.readsThrough(namespace);
  }

  /**
   * Returns the namespace of {@code key} if a miss of it is to be read in the database, else null.
   */
  public @Nullable Namespace readThroughOf(LookupKey key) {
    if (database == null) {
      return null;
    }
    Namespace namespace = namespaceOf(key);
    return readsThrough(namespace) ? namespace : null;
  }

  /**
   * Returns what L1 holds of {@code key}, or held when it closed, if it may still be served
   * although Redis cannot be asked, else null.
   */
  public @Nullable Entry stale(Namespace namespace, LookupKey key, long nowNs) {
    Shard shard = servingShard(key);
    return shard == null ? null : shard.findStale(key, nowNs, namespace.staleIfErrorNs());
  }

  private @Nullable Shard servingShard(LookupKey key) {
    return coherence.mode() == L1Mode.ON ? coherence.shard(key) : null;
  }

  /**
   * Returns how long ago, in ns, what {@link #stale} would find of {@code key} was known to be
   * true, or -1 where it would find nothing. Changes nothing.
   */
  public long staleAgeNs(LookupKey key, long nowNs) {
    Namespace namespace = guardedOf(key);
    Shard shard = servingShard(key);
    return shard == null || namespace == null || namespace.staleIfErrorNs() == 0
        ? -1
        : shard.staleAgeNs(key, nowNs, namespace.staleIfErrorNs());
  }

  /** Counts that a client was answered with what {@link #stale} has found, and marks it. */
  public void servedStale(Namespace namespace) {
    staleServed.get(tiers.number(namespace)).increment();
    staleSpells.served(namespace, System.nanoTime());
  }

  /** Says in the log which namespaces are no longer answered stale; to be called every second. */
  public void endStaleSpells() {
    staleSpells.endQuiet(System.nanoTime());
  }

  /** Begins a relayed read of Redis that the database can stand in for; the caller ends it. */
  public RelayedRead beginRelayedRead() {
    return new RelayedRead(flights.guard());
  }

  /** Returns the bound on a read of Redis where something else can answer. */
  public Duration fillTimeout() {
    return policy.fillTimeout();
  }

  /** Counts what Redis said to a relayed read of a key of {@code namespace}. */
  public void redisAnswered(Namespace namespace, boolean hit) {
    tiers.redis(namespace, hit);
  }

  /**
   * Reads a key that the upstream does not have, or cannot be asked for, in the database.
   *
   * @param redisAnswers whether Redis is there to take what is found
   * @param floorNs the answer shows every write that had ended at this moment
   * @param done told once, on any thread, with the reply as it is to be written, null for nil
   */
  public void readThrough(
      Namespace namespace, byte[] name, boolean redisAnswers, long floorNs, ReplyListener done) {
    if (database == null) {
      done.reply(null);
      return;
    }
    database
        .fill(namespace, name, redisAnswers, floorNs)
        .exceptionally(fault -> {
          log.error("a read of namespace {} ended in a fault of ours", namespace, fault);
          return DatabaseFill.Outcome.unstored(FAULT);
        })
        .thenAccept(outcome -> {
          tiers.readThrough(namespace, outcome);
          done.reply(reply(namespace, outcome.answer()));
        });
  }

  /** Sends the lease requests gathered since the last call. */
  void flush() {
    if (database != null) {
      database.flush();
    }
  }

  /** Returns what a client of {@code namespace} is told, null for nil. */
  static byte @Nullable [] reply(Namespace namespace, Answer answer) {
    return switch (answer) {
      case Hit hit -> Replies.bulk(hit.value());
      case Miss miss -> null;
      case Unavailable unavailable -> unavailable(namespace, unavailable);
    };
  }

  private static byte @Nullable [] unavailable(Namespace namespace, Unavailable no) {
    return switch (no.reason()) {
      case MISFIT ->
          Replies.error(
              "ERR the database is not what "
                  + namespace.subject()
                  + " is configured for; the sidecar's log says more");
      case REFUSED -> Replies.error("ERR " + namespace.subject() + ": " + no.said());
      case DISCONNECTED, TIMEOUT, BREAKER_OPEN, SATURATED, ERROR, STOPPING ->
          namespace.whenUnavailable() == WhenUnavailable.NIL
              ? null
              : Replies.error(
                  "TRYAGAIN "
                      + (namespace.isQuery() ? namespace.subject() + ": " : "")
                      + "database unavailable: "
                      + no.reason().label()
                      + ", retry later");
    };
  }
}
