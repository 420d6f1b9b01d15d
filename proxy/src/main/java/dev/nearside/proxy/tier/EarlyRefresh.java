package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.telemetry.RefreshResult;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import dev.nearside.proxy.tier.redis.TrackedConnection.ReadListener;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/*
 * Why and when. An entry that expires under load makes everybody wait for one flight, and where its
 * key expires in Redis as well, for the database. So each read of an entry draws whether it is the
 * one that has the value read again, while everybody goes on being served from the entry: with
 *
 *     now - delta * ln(random)  >=  expiry
 *
 * where delta is how long such a flight takes. The hotter the key and the dearer the read, the
 * earlier; a key that nobody asks for is never refreshed. This is optimal in the sense of [1],
 * with its beta of 1.
 *
 * Why a refresh cannot publish what is stale. The entry itself is its token: a push, a fence or a new
 * epoch takes it away, and it is prolonged only if it is still there and was read to be the very same
 * value. A value that has changed has had its push before the answer, which took the entry away.
 *
 * [1] A. Vattani, F. Chierichetti, K. Lowenstein: Optimal Probabilistic Cache Stampede Prevention,
 *     VLDB 2015.
 */

/** Reads hot entries again just before they expire (XFetch). Thread-safe, never blocks. */
final class EarlyRefresh {
  /** Beyond so many times the usual flight, the draw would say yes once in nine million. */
  private static final int HORIZON = 16;

  private final Flights flights;
  private final boolean enabled;
  private final Map<RefreshResult, LongAdder> counts = new EnumMap<>(RefreshResult.class);
  private final DoubleSupplier random;

  /** Creates the refresh of what {@code flights} have brought in. */
  EarlyRefresh(Flights flights, boolean enabled, Metrics metrics) {
    this(flights, enabled, metrics, () -> ThreadLocalRandom.current().nextDouble());
  }

  EarlyRefresh(Flights flights, boolean enabled, Metrics metrics, DoubleSupplier random) {
    this.flights = flights;
    this.enabled = enabled;
    this.random = random;
    for (RefreshResult result : RefreshResult.values()) {
      counts.put(result, metrics.refreshes(result));
    }
  }

  /** Returns whether a read of {@code entry} now is to have it read again. */
  boolean isDue(Entry entry, long nowNs) {
    long leftNs = entry.expiresAtNs() - nowNs;
    return enabled
        && leftNs <= HORIZON * flights.times().longestNs()
        && leftNs <= drawNs(entry)
        && entry.beginRenewal();
  }

  private double drawNs(Entry entry) {
    double drawn = 1 - random.getAsDouble(); // never 0
    return -Math.log(drawn) * flights.times().averageNs(entry.namespace());
  }

  /** Reads {@code entry} again, after {@link #isDue} has said so. */
  void start(
      Shard shard, TrackedConnection connection, Entry entry, @Nullable Namespace namespace) {
    if (entry.isNil() && flights.readsThrough(namespace)) {
      return; // only the database can say that it still has no such row
    }
    if (flights.guard().acquire() != null) {
      entry.renewed();
      return;
    }
    connection.read(entry.name(), new Again(shard, connection, entry, namespace));
  }

  private void count(RefreshResult result) {
    Objects.requireNonNull(counts.get(result)).increment();
  }

  /** The end of one refresh. */
  private final class Again implements ReadListener {
    private final Shard shard;
    private final TrackedConnection connection;
    private final Entry entry;
    private final @Nullable Namespace namespace;
    private final long sentAtNs = System.nanoTime();
    private final long guardedSince = flights.guard().now();

    Again(Shard shard, TrackedConnection connection, Entry entry, @Nullable Namespace namespace) {
      this.shard = shard;
      this.connection = connection;
      this.entry = entry;
      this.namespace = namespace;
    }

    @Override
    public void read(byte @Nullable [] value, long ttlMillis) {
      flights.guard().succeeded(guardedSince);
      if (!Lifetime.isOfOneMoment(value, ttlMillis)) {
        count(RefreshResult.GONE);
        return;
      }
      byte[] reply = value == null ? null : Replies.bulk(value);
      long maxAgeNs = connection.permission().maxAgeNs();
      long expiresAtNs = flights.lifetime().expiresAtNs(sentAtNs, ttlMillis, namespace, maxAgeNs);
      count(
          switch (flights.local().renew(entry, reply, sentAtNs, expiresAtNs)) {
            case RENEWED -> RefreshResult.RENEWED;
            case GONE -> RefreshResult.GONE;
            case DIFFERS -> RefreshResult.DIFFERS;
          });
      if (!flights.lifetime().isBoundByTtl(ttlMillis, namespace)) {
        took();
        entry.renewed();
      } else if (value != null && namespace != null && flights.readsThrough(namespace)) {
        readDatabase(namespace, value);
      } // else its key expires with it, and to read it again wins nothing
    }

    private void took() {
      flights.times().took(entry.namespace(), System.nanoTime() - sentAtNs);
    }

    /** The key itself is about to expire: Redis gets its row anew, and then L1 from there. */
    private void readDatabase(Namespace reading, byte[] oldValue) {
      DatabaseFill fill = Objects.requireNonNull(flights.database());
      fill.refresh(reading, entry.name(), oldValue)
          .thenAccept(changed -> {
            took();
            count(changed ? RefreshResult.FROM_DATABASE : RefreshResult.FAILED);
            if (changed) {
              shard.whenTold(this::flyAgain);
            }
          });
    }

    private void flyAgain() {
      flights.flyAgain(shard, connection, entry, namespace);
    }

    @Override
    public void failed() {
      flights.guard().failed(guardedSince);
      count(RefreshResult.FAILED);
      entry.renewed();
    }

    @Override
    public void refused() {
      flights.guard().succeeded(guardedSince);
      count(RefreshResult.FAILED);
      entry.renewed();
    }
  }
}
