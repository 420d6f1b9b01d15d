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
    TierCounters tiers) {
  private static final Flight.Reader IGNORED =
      new Flight.Reader() {
        @Override
        public void landed(Entry entry) {}

        @Override
        public void failed() {}
      };

  /**
   * Starts the flight of {@code key}; sent at the next flush of {@code connection}.
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
    Flight flight = new Flight(System.nanoTime());
    flight.join(reader);
    Entry token = local.token(key, shard.epoch(), tiers.number(namespace), flight);
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
    connection.read(token.name(), new FlightEnd(this, shard, connection, token, namespace));
    return true;
  }

  /** As {@link #start}, for whoever reads the key next. */
  void startForNobody(
      Shard shard, TrackedConnection connection, LookupKey key, @Nullable Namespace namespace) {
    start(shard, connection, key, namespace, IGNORED);
  }

  /** Returns whether a miss of {@code namespace} is to be read in the database. */
  boolean readsThrough(@Nullable Namespace namespace) {
    return database != null && namespace != null && namespace.readsDatabase();
  }
}
