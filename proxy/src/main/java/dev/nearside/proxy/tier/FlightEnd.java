package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.tier.Answer.Hit;
import dev.nearside.proxy.tier.Answer.Miss;
import dev.nearside.proxy.tier.Answer.Unavailable;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.Leases.Attempt;
import dev.nearside.proxy.tier.redis.Leases.Lease;
import dev.nearside.proxy.tier.redis.TrackedConnection;
import dev.nearside.proxy.tier.redis.TrackedConnection.ReadListener;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of one flight: what the tracked connection said becomes an entry, or is read through.
 * Told once, on that connection's thread.
 */
final class FlightEnd implements ReadListener {
  private static final Logger log = LoggerFactory.getLogger(FlightEnd.class);
  private static final Answer FAULT = new Unavailable(Answer.Reason.ERROR);

  private final Flights flights;
  private final LocalTier local;
  private final Shard shard;
  private final TrackedConnection connection;
  private final Entry token;
  private final Flight flight;
  private final @Nullable Namespace namespace;
  private final long guardedSince;

  /** Exactly: what its entry says is rounded down, and fills that are older may not be joined. */
  private final long sentAtNs;

  FlightEnd(
      Flights flights,
      Shard shard,
      TrackedConnection connection,
      Entry token,
      @Nullable Namespace namespace) {
    this.flights = flights;
    this.local = flights.local();
    this.shard = shard;
    this.connection = connection;
    this.token = token;
    this.namespace = namespace;
    this.guardedSince = flights.guard().now();
    this.flight = Objects.requireNonNull(token.flight());
    this.sentAtNs = flight.sentAtNs();
  }

  /** Begins with the lease instead of a read, of a key that Redis probably does not have. */
  void takeLease() {
    Namespace reading = Objects.requireNonNull(namespace);
    DatabaseFill fill = Objects.requireNonNull(flights.database());
    fill.takeLease(token.name(), connection.nodeId())
        .thenAccept(attempt -> {
          Lease lease = attempt.lease();
          if (lease == null) {
            readAsEver(attempt);
          } else {
            flights.guard().succeeded(guardedSince);
            redisAnswered(false);
            readDatabase(() -> fill.fillUnder(lease, reading, sentAtNs));
          }
        })
        .exceptionally(fault -> {
          faulted(reading, fault);
          return null;
        });
  }

  private void readAsEver(Attempt attempt) {
    if (!attempt.answered()) {
      flights.cold().unclear(token.namespace());
    }
    flight.track();
    connection.read(token.name(), this);
    connection.flush();
  }

  @Override
  public void read(byte @Nullable [] value, long ttlMillis) {
    flights.guard().succeeded(guardedSince);
    redisAnswered(value != null);
    if (value == null && flights.readsThrough(namespace)) {
      Namespace reading = Objects.requireNonNull(namespace);
      DatabaseFill fill = Objects.requireNonNull(flights.database());
      readDatabase(() -> fill.fill(reading, token.name(), true, sentAtNs));
      return;
    }
    took();
    byte[] reply = value == null ? null : Replies.bulk(value);
    long maxAgeNs = connection.permission().maxAgeNs();
    long expiresAtNs = flights.lifetime().expiresAtNs(sentAtNs, ttlMillis, namespace, maxAgeNs);
    if (!Lifetime.isOfOneMoment(value, ttlMillis)) {
      local.deliver(token, reply, sentAtNs); // it has expired, or was created, in between
      finished(false);
    } else if (mayBeHeld(reply)) {
      finished(local.publish(token, reply, expiresAtNs));
    } else {
      local.deliver(token, reply, expiresAtNs);
      finished(false);
    }
  }

  private void redisAnswered(boolean hit) {
    flights.tiers().redis(namespace, hit);
    if (!flights.admission().wasAsked(token.hashCode(), System.nanoTime())) {
      flights.cold().asked(token.namespace(), hit, shard.generation());
    }
  }

  private void took() {
    flights.times().took(token.namespace(), System.nanoTime() - sentAtNs);
  }

  private boolean mayBeHeld(byte @Nullable [] reply) {
    return reply == null
        || flights.admission().admitsReply(token.hashCode(), reply.length, System.nanoTime());
  }

  @Override
  public void failed() {
    flights.guard().failed(guardedSince);
    flights.giveUp(token);
  }

  /** An error, of a key that holds no string for example, is an answer of a Redis that is well. */
  @Override
  public void refused() {
    flights.guard().succeeded(guardedSince);
    flights.giveUp(token);
  }

  private void finished(boolean published) {
    if (published) {
      flights.counters().published().increment();
    } else {
      flights.counters().killed().increment();
    }
  }

  private void readDatabase(Supplier<CompletableFuture<DatabaseFill.Outcome>> fill) {
    Namespace reading = Objects.requireNonNull(namespace);
    try {
      fill.get()
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
    deliver(StandIns.reply(reading, FAULT));
    flights.counters().failed().increment();
  }

  private void databaseAnswered(Namespace reading, DatabaseFill.Outcome outcome) {
    flights.tiers().readThrough(reading, outcome);
    took();
    boolean askedAgain =
        flights.admission().isAskedAgain(token.hashCode(), System.nanoTime()) || flight.isJoined();
    switch (outcome.answer()) {
      case Miss miss -> rowAbsent(reading, outcome);
      case Hit hit -> {
        boolean again = outcome.stored() && (askedAgain || !isCold());
        deliver(Replies.bulk(hit.value()));
        finished(false);
        if (again) {
          shard.whenTold(this::flyAgain);
        }
      }
      case Unavailable unavailable -> {
        deliver(StandIns.reply(reading, outcome.answer()));
        flights.counters().failed().increment();
      }
    }
  }

  private boolean isCold() {
    return flights.cold().isCold(token.namespace(), shard.generation());
  }

  /**
   * Whoever is told that the marker may have changed takes the token away; the watch is looked at
   * after the token was put. So one of the two notices the other. To be held it waits for the
   * barrier: that there is no row is known by another stream, and whoever is told so must not find
   * older things beside it.
   */
  private void rowAbsent(Namespace reading, DatabaseFill.Outcome outcome) {
    if (flight.isTracked() && outcome.watched().getAsBoolean()) {
      long untilNs = absentUntilNs(reading, outcome.absentNs());
      shard.whenTold(() -> absenceLands(outcome, untilNs));
    } else {
      absenceIsTold();
    }
  }

  private void absenceLands(DatabaseFill.Outcome outcome, long untilNs) {
    if (outcome.watched().getAsBoolean()) {
      finished(local.publish(token, null, untilNs));
    } else {
      absenceIsTold();
    }
  }

  private void absenceIsTold() {
    deliver(null);
    finished(false);
  }

  /** Tells what the database said. */
  private void deliver(byte @Nullable [] reply) {
    local.deliverElsewhere(token, reply);
  }

  private long absentUntilNs(Namespace reading, long absentNs) {
    long maxAgeNs = connection.permission().maxAgeNs();
    return flights
        .lifetime()
        .absentUntilNs(sentAtNs, System.nanoTime(), absentNs, reading, maxAgeNs);
  }

  /** Brings into L1 what was just put into Redis, once the push of that has passed. */
  private void flyAgain() {
    flights.flyAgain(shard, connection, token, namespace);
  }
}
