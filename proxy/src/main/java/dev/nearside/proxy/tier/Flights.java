package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import org.jspecify.annotations.Nullable;

/**
 * Starts flights: the one tracked read of a key at a time, whose answer may enter L1. Thread-safe,
 * never blocks.
 *
 * <p><b>How a flight publishes.</b> Its token, an entry without a value, is put into L1 before GET
 * and PTTL are sent. A push for the key, a fence or a new epoch takes the token away. Publication
 * happens only where the token still is, so the value is current at the moment it becomes visible,
 * whatever happened between the server's answer and then. The fence is looked at after the token
 * was put: a writer raises first and removes then, so one of the two notices the other.
 *
 * <p><b>A cold namespace.</b> Where Redis has had none of the last keys of a namespace with a
 * database, the lease is asked for before the key is read, and its script says whether there is
 * one: if there is, or another has the lease, or Redis does not say, the key is read as ever. If
 * not, the read would have said the same, later. Such a flight publishes nothing, since nothing
 * would tell of a change: it only tells those who have asked. No push for the key takes its token
 * away; a fence, a flush and a new epoch do, and after a moment the watch of its lease and key does
 * ({@link LeasedRead}). Nobody joins it behind a command that may have written any key, nor when it
 * is older than a local read may be ({@link Shard#isUntold}).
 *
 * <p><b>In passing.</b> The answer to a relayed read may be newer than L1: its connection's next
 * local reads wait until the tracked connection has been asked behind it. Where Redis is far away
 * that takes as long as the read itself. So a read that is not to be held is made on the tracked
 * connection then, without being remembered ({@link PassingRead}): all pushes of what happened
 * before it stand before its answer.
 *
 * @param local where tokens and entries are
 * @param guard the breaker and bulkhead of reads of Redis
 * @param database how misses of namespaces are read through, or null where there is no database
 */
record Flights(
    LocalTier local,
    Guard guard,
    @Nullable DatabaseFill database,
    Admission admission,
    Lifetime lifetime,
    FlightTimes times,
    FillCounters counters,
    TierCounters tiers,
    ColdNamespaces cold) {
  private static final Flight.Reader IGNORED =
      new Flight.Reader() {
        @Override
        public void landed(Entry entry) {}

        @Override
        public void failed() {}
      };

  /**
   * Starts the flight of {@code key}; sent at the next flush of {@code connection} and {@code
   * database}.
   *
   * @param reader told once, on any thread, if this returns true
   * @return false where Redis should not be asked now, or is not to remember one more key, or
   *     another flight came first
   */
  boolean start(
      Shard shard,
      TrackedConnection connection,
      LookupKey key,
      @Nullable Namespace namespace,
      Flight.Reader reader) {
    if (!connection.admits(key.hashCode())) {
      return false;
    }
    boolean missing = isProbablyMissing(shard, key, namespace);
    Entry token = token(shard, key, namespace, !missing, reader);
    if (guard.acquire() != null) {
      counters.refused().increment();
      return false;
    }
    if (local.begin(token) != null) {
      guard.release();
      return false;
    }
    counters.started().increment();
    if (shard.isFenced(key.hashCode())) {
      guard.release();
      local.abandon(token);
      return true;
    }
    FlightEnd end = new FlightEnd(this, shard, connection, token, namespace);
    if (missing) {
      end.takeLease();
    } else {
      connection.read(token.name(), end);
    }
    return true;
  }

  /**
   * Reads {@code key} in passing; sent at the next flush of {@code connection}. Nobody joins it: it
   * has no token in L1, of which nothing is to become.
   *
   * @param reader told once, on any thread, if this returns true
   * @return false where Redis should not be asked now
   */
  boolean pass(
      Shard shard,
      TrackedConnection connection,
      LookupKey key,
      @Nullable Namespace namespace,
      Flight.Reader reader) {
    if (guard.acquire() != null) {
      counters.refused().increment();
      return false;
    }
    Entry token = token(shard, key, namespace, false, reader);
    counters.started().increment();
    connection.pass(token.name(), new PassingRead(this, connection, token, namespace));
    return true;
  }

  private Entry token(
      Shard shard,
      LookupKey key,
      @Nullable Namespace namespace,
      boolean tracked,
      Flight.Reader reader) {
    Flight flight = new Flight(System.nanoTime(), tracked);
    flight.join(reader);
    return local.token(key, shard.epochOf(key), tiers.number(namespace), flight);
  }

  /** A key that is asked for again is read where it can be held. */
  private boolean isProbablyMissing(Shard shard, LookupKey key, @Nullable Namespace namespace) {
    return namespace != null
        && readsThrough(namespace)
        && cold.isCold(tiers.number(namespace), shard.generation())
        && !admission.wasAsked(key.hashCode(), System.nanoTime());
  }

  /** As {@link #start}, for whoever reads the key next. */
  void startForNobody(
      Shard shard, TrackedConnection connection, LookupKey key, @Nullable Namespace namespace) {
    start(shard, connection, key, namespace, IGNORED);
  }

  /** As {@link #startForNobody}, of the key of {@code before}, sent at once. */
  void flyAgain(
      Shard shard, TrackedConnection connection, Entry before, @Nullable Namespace namespace) {
    LookupKey key = new LookupKey().set(before.database(), before.name());
    startForNobody(shard, connection, key, namespace);
    connection.flush();
    if (database != null) {
      database.flush();
    }
  }

  /** The read of {@code token} has ended without an answer: tells its readers. */
  void giveUp(Entry token) {
    local.abandon(token);
    counters.failed().increment();
  }

  /** Returns whether a miss of {@code namespace} is to be read in the database. */
  boolean readsThrough(@Nullable Namespace namespace) {
    return database != null && namespace != null && namespace.readsDatabase();
  }
}
