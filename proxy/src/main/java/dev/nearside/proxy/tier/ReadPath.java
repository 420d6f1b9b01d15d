package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.WhenUnavailable;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Hit;
import dev.nearside.proxy.tier.Answer.Miss;
import dev.nearside.proxy.tier.Answer.Unavailable;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import dev.nearside.proxy.tier.redis.TrackedConnection.ReadListener;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a cacheable read over the tiers: L1, then the one flight of its key on the tracked
 * connection, then the database. Shared by all event loops; never blocks.
 *
 * <p><b>How a flight publishes.</b> Its token, an entry without a value, is put into L1 before GET
 * and PTTL are sent. A push for the key, a fence or a new epoch takes the token away. Publication
 * happens only where the token still is, so the value is current at the moment it becomes visible,
 * whatever happened between the server's answer and then. The fence is looked at after the token
 * was put: a writer raises first and removes then, so one of the two notices the other.
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
   * What the path may hold of a value.
   *
   * @param maxEntryBytes larger values are never held
   * @param maxTtl cap on the life of an entry
   * @param admissionWindow a key flies on its second request within this time; zero flies at once
   * @param fillTimeout bound on a read of Redis where the database can be asked instead
   * @param database the number of the one Redis database that namespaces are about
   */
  public record Policy(
      int maxEntryBytes,
      Duration maxTtl,
      Duration admissionWindow,
      Duration fillTimeout,
      int database) {}

  private static final Logger log = LoggerFactory.getLogger(ReadPath.class);
  private static final Answer FAULT = new Unavailable(Answer.Reason.ERROR);
  private static final Duration BIG_KEY_MEMORY = Duration.ofMinutes(2);

  private final Coherence coherence;
  private final LocalTier local;
  private final Map<Integer, TrackedConnection> tracked;
  private final Namespaces namespaces;
  private final @Nullable DatabaseFill database;
  private final Policy policy;
  private final FillCounters counters;
  private final TierCounters tiers;
  private final Guard guard;
  private final RecentKeys asked;
  private final RecentKeys big = new RecentKeys(BIG_KEY_MEMORY);
  private volatile int maxEntryBytes;

  /**
   * Creates the path.
   *
   * @param tracked the tracked connection of each database that has a shard
   * @param guard the breaker and bulkhead of reads of Redis
   * @param database how misses of namespaces are read through, or null where there is no database
   */
  public ReadPath(
      Coherence coherence,
      LocalTier local,
      Map<Integer, TrackedConnection> tracked,
      Namespaces namespaces,
      Guard guard,
      @Nullable DatabaseFill database,
      Policy policy,
      Metrics metrics) {
    this.coherence = coherence;
    this.local = local;
    this.tracked = tracked;
    this.namespaces = namespaces;
    this.database = database;
    this.policy = policy;
    this.guard = guard;
    this.counters = FillCounters.of(metrics);
    this.tiers = new TierCounters(metrics, namespaces);
    this.asked = new RecentKeys(policy.admissionWindow());
    this.maxEntryBytes = policy.maxEntryBytes();
  }

  /** Lowers or restores the largest value that is held, never above the configured one. */
  public void limitEntryBytes(int bytes) {
    maxEntryBytes = Math.min(bytes, policy.maxEntryBytes());
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
    Shard shard = coherence.shard(key.database());
    if (shard == null) {
      return Outcome.RELAY;
    }
    return switch (shard.look(key, nowNs, floorNs, found)) {
      case HIT -> Outcome.HIT;
      case BEHIND -> Outcome.BEHIND;
      case MISS, IN_FLIGHT -> Outcome.PENDING;
      case CLOSED -> Outcome.RELAY;
    };
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
      return join(inFlight, floorNs, reader);
    }
    Shard shard = coherence.shard(key.database());
    TrackedConnection connection = tracked.get(key.database());
    if (shard == null || connection == null || !shard.isOpen() || !coherence.fills()) {
      return Outcome.RELAY;
    }
    Namespace namespace = namespaceOf(key);
    if (!isAdmitted(key, namespace, nowNs)) {
      return Outcome.RELAY;
    }
    return start(shard, connection, key, namespace, reader);
  }

  private Outcome join(Entry inFlight, long floorNs, Flight.Reader reader) {
    Flight flight = inFlight.flight();
    if (flight == null || flight.sentAtNs() - floorNs < 0 || !flight.join(reader)) {
      return Outcome.RELAY;
    }
    counters.joined().increment();
    return Outcome.PENDING;
  }

  private boolean isAdmitted(LookupKey key, @Nullable Namespace namespace, long nowNs) {
    int hash = key.hashCode();
    if (big.contains(hash, nowNs)) {
      return false;
    }
    if (policy.admissionWindow().isZero() || readsThrough(namespace)) {
      return true;
    }
    boolean again = asked.contains(hash, nowNs);
    asked.mark(hash, nowNs);
    return again;
  }

  /** Returns the namespace of {@code key}; they are about the upstream's own database only. */
  private @Nullable Namespace namespaceOf(LookupKey key) {
    return key.database() == policy.database()
        ? namespaces.find(key.array(), 0, key.length())
        : null;
  }

  private boolean readsThrough(@Nullable Namespace namespace) {
    return database != null && namespace != null && namespace.readsDatabase();
  }

  private Outcome start(
      Shard shard,
      TrackedConnection connection,
      LookupKey key,
      @Nullable Namespace namespace,
      Flight.Reader reader) {
    if (guard.acquire() != null) {
      counters.refused().increment();
      return Outcome.RELAY;
    }
    Flight flight = new Flight(System.nanoTime());
    flight.join(reader);
    Entry token = local.token(key, shard.epoch(), tiers.number(namespace), flight);
    if (local.begin(token) != null) {
      guard.release();
      return Outcome.RELAY;
    }
    counters.started().increment();
    if (shard.isFenced(key.hashCode())) {
      guard.release();
      local.abandon(token);
      return Outcome.PENDING;
    }
    connection.read(token.name(), new FlightEnd(shard, connection, token, namespace, flight));
    return Outcome.PENDING;
  }

  /** Sends the tracked reads gathered since the last call. */
  public void flush(int database) {
    TrackedConnection connection = tracked.get(database);
    if (connection != null) {
      connection.flush();
    }
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
   * Reads a key that the upstream does not have, or cannot be asked for, in the database.
   *
   * @param redisAnswers whether Redis is there to take what is found
   * @param done told once, on any thread, with the reply as it is to be written, null for nil
   */
  public void readThrough(
      Namespace namespace, byte[] name, boolean redisAnswers, ReplyListener done) {
    if (database == null) {
      done.reply(null);
      return;
    }
    database
        .fill(namespace, name, redisAnswers)
        .exceptionally(fault -> {
          log.error("a read of namespace {} ended in a fault of ours", namespace, fault);
          return new DatabaseFill.Outcome(FAULT, false);
        })
        .thenAccept(outcome -> {
          tiers.database(namespace, outcome.answer());
          done.reply(reply(namespace, outcome.answer()));
        });
  }

  /** Begins a relayed read of Redis that the database can stand in for; the caller ends it. */
  public RelayedRead beginRelayedRead() {
    return new RelayedRead(guard);
  }

  /** Returns the bound on a read of Redis where the database can be asked instead. */
  public Duration fillTimeout() {
    return policy.fillTimeout();
  }

  /** Returns the number in metrics of the namespace of {@code key}. */
  public int namespaceNumber(LookupKey key) {
    return tiers.number(namespaces.find(key.array(), 0, key.length()));
  }

  /** Counts what Redis said to a relayed read of a key of {@code namespace}. */
  public void redisAnswered(Namespace namespace, boolean hit) {
    tiers.redis(namespace, hit);
  }

  /** Told a reply as it is to be written. */
  public interface ReplyListener {
    /** {@code reply} is a whole RESP reply, or null for the null reply of the client's protocol. */
    void reply(byte @Nullable [] reply);
  }

  private static byte @Nullable [] reply(Namespace namespace, Answer answer) {
    return switch (answer) {
      case Hit hit -> Replies.bulk(hit.value());
      case Miss miss -> null;
      case Unavailable unavailable ->
          namespace.whenUnavailable() == WhenUnavailable.NIL
              ? null
              : Replies.error(
                  "TRYAGAIN database unavailable: "
                      + unavailable.reason().label()
                      + ", retry later");
    };
  }

  /**
   * The end of one flight: what the tracked connection said becomes an entry, or is read through.
   */
  private final class FlightEnd implements ReadListener {
    private final Shard shard;
    private final TrackedConnection connection;
    private final Entry token;
    private final @Nullable Namespace namespace;
    private final Flight flight;
    private final long guardedSince = guard.now();

    FlightEnd(
        Shard shard,
        TrackedConnection connection,
        Entry token,
        @Nullable Namespace namespace,
        Flight flight) {
      this.shard = shard;
      this.connection = connection;
      this.token = token;
      this.namespace = namespace;
      this.flight = flight;
    }

    @Override
    public void read(byte @Nullable [] value, long ttlMillis) {
      guard.succeeded(guardedSince);
      tiers.redis(namespace, value != null);
      if (value == null && readsThrough(namespace)) {
        readDatabase();
        return;
      }
      byte[] reply = value == null ? null : Replies.bulk(value);
      if (mayBeHeld(reply, ttlMillis)) {
        finished(local.publish(token, reply, expiresAtNs(reply, ttlMillis)));
      } else {
        local.deliver(token, reply);
        finished(false);
      }
    }

    private boolean mayBeHeld(byte @Nullable [] reply, long ttlMillis) {
      if (reply == null) {
        return ttlMillis == -2;
      }
      if (reply.length > maxEntryBytes) {
        big.mark(token.hashCode(), System.nanoTime());
        return false;
      }
      return ttlMillis != -2;
    }

    /** Counts from the send time and takes 0.05 % off, so that no clock outlives the server's. */
    private long expiresAtNs(byte @Nullable [] reply, long ttlMillis) {
      long capNs = policy.maxTtl().toNanos();
      if (namespace != null) {
        capNs = Math.min(capNs, namespace.l1TtlNanos());
      }
      if (reply != null && ttlMillis >= 0) {
        capNs = Math.min(capNs, TimeUnit.MILLISECONDS.toNanos(ttlMillis) / 2000 * 1999);
      }
      return flight.sentAtNs() + capNs;
    }

    @Override
    public void failed() {
      guard.failed(guardedSince);
      giveUp();
    }

    /**
     * An error, of a key that holds no string for example, is an answer of a Redis that is well.
     */
    @Override
    public void refused() {
      guard.succeeded(guardedSince);
      giveUp();
    }

    private void giveUp() {
      local.abandon(token);
      counters.failed().increment();
    }

    private void finished(boolean published) {
      if (published) {
        counters.published().increment();
      } else {
        counters.killed().increment();
      }
    }

    private void readDatabase() {
      Namespace reading = java.util.Objects.requireNonNull(namespace);
      DatabaseFill fill = java.util.Objects.requireNonNull(database);
      try {
        fill.fill(reading, token.name(), true)
            .thenAccept(outcome -> databaseAnswered(reading, outcome))
            .exceptionally(fault -> {
              faulted(reading, fault);
              return null;
            });
      } catch (RuntimeException fault) { // ours; the key must not be blocked by it
        faulted(reading, fault);
      }
    }

    private void faulted(Namespace reading, Throwable fault) {
      log.error("a read of namespace {} ended in a fault of ours", reading, fault);
      local.deliver(token, reply(reading, FAULT));
      counters.failed().increment();
    }

    private void databaseAnswered(Namespace reading, DatabaseFill.Outcome outcome) {
      tiers.database(reading, outcome.answer());
      switch (outcome.answer()) {
        case Miss miss ->
            finished(
                local.publish(token, null, System.nanoTime() + reading.negativeTtl().toNanos()));
        case Hit hit -> {
          local.deliver(token, Replies.bulk(hit.value()));
          finished(false);
          if (outcome.stored()) {
            shard.barrier().await(System.nanoTime(), this::flyAgain);
          }
        }
        case Unavailable unavailable -> {
          local.deliver(token, reply(reading, outcome.answer()));
          counters.failed().increment();
        }
      }
    }

    /** Brings into L1 what was just put into Redis, once the push of that has passed. */
    private void flyAgain() {
      LookupKey key = new LookupKey().set(token.database(), token.name());
      start(shard, connection, key, namespace, IGNORED);
      connection.flush();
    }
  }

  private static final Flight.Reader IGNORED =
      new Flight.Reader() {
        @Override
        public void landed(Entry entry) {}

        @Override
        public void failed() {}
      };
}
