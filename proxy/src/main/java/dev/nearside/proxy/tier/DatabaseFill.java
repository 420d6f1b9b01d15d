package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Fences;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Hit;
import dev.nearside.proxy.tier.Answer.Miss;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Answer.Unavailable;
import dev.nearside.proxy.tier.database.DatabaseTier;
import dev.nearside.proxy.tier.redis.KnownOutboxes;
import dev.nearside.proxy.tier.redis.Leases;
import dev.nearside.proxy.tier.redis.Leases.Attempt;
import dev.nearside.proxy.tier.redis.Leases.Lease;
import dev.nearside.proxy.tier.redis.Look;
import dev.nearside.proxy.tier.redis.ResultTags;
import dev.nearside.proxy.tier.redis.RowErrands;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From the database into Redis: one read of a row for the whole fleet, put into Redis only while
 * the lease that was taken before the row was read still stands. Thread-safe; never blocks.
 *
 * <p>Readers of one key in this sidecar share a fill ({@link SharedFills}), sidecars share it by
 * the lease ({@link LeasedRead}). Where Redis is away, and for a reader who has waited for as long
 * as a read may take, the value goes to whoever asked and nowhere else; so no answer takes longer
 * than twice that time, and what Redis takes to give or refuse a lease.
 */
public final class DatabaseFill {
  /**
   * What a read through the database gave.
   *
   * @param answer what the database said, or what another's read of it has left in Redis
   * @param stored whether Redis now has the value
   * @param asked whether the database was asked for it
   * @param absentNs for how long it may be remembered that there is no row; 0: not at all
   * @param watched returns whether a change of that would still be told, as {@link Look.Absent}
   *     says
   */
  public record Outcome(
      Answer answer, boolean stored, boolean asked, long absentNs, BooleanSupplier watched) {
    static Outcome unstored(Answer answer) {
      return found(answer, false, true);
    }

    static Outcome found(Answer answer, boolean stored, boolean asked) {
      return new Outcome(answer, stored, asked, 0, () -> false);
    }

    static Outcome absent(boolean asked, Look.Absent seen) {
      long absentNs = TimeUnit.MILLISECONDS.toNanos(Math.max(0, seen.millis()));
      return new Outcome(Miss.INSTANCE, false, asked, absentNs, seen.watched());
    }
  }

  /**
   * How long things may take.
   *
   * @param timeout bound on a read of a row, and on a wait for another's
   * @param leaseTimeout bound on a wait for what Redis says to {@link #takeLease}
   * @param maxAge how long after its beginning a fill may be joined
   */
  public record Limits(Duration timeout, Duration leaseTimeout, Duration maxAge) {}

  /**
   * Who gives leases.
   *
   * @param leases gives those of who has a key, or null while he is away
   * @param flush asks for what was gathered since the last call
   */
  record Servers(Function<byte[], @Nullable Leases> leases, Runnable flush) {}

  private static final Attempt UNANSWERED = new Attempt(null, false);

  private final FillContext context;
  private final Servers redis;
  private final SharedFills shared;
  private final long leaseTimeoutNs;

  DatabaseFill(FillContext context, Servers redis, SharedFills shared, long leaseTimeoutNs) {
    this.context = context;
    this.redis = redis;
    this.shared = shared;
    this.leaseTimeoutNs = leaseTimeoutNs;
  }

  /** Creates the path over a database tier, its breaker and bulkhead, and the upstream. */
  public static DatabaseFill of(
      DatabaseTier database,
      Guard guard,
      RowErrands redis,
      KnownOutboxes outboxes,
      Fences fences,
      Limits limits,
      Metrics metrics) {
    RowReads rows = new RetriedReads(database::read, guard, database::schedule, metrics);
    long timeoutNs = limits.timeout().toNanos();
    database.whenAnswering(redis::beginFills);
    return new DatabaseFill(
        new FillContext(rows, database::schedule, timeoutNs, LeaseCounters.of(metrics))
            .withTagging(tagging(redis.resultTags()))
            .withOutboxes(namespace -> outboxes.isWrittenBehind(namespace.name())),
        new Servers(redis::leases, redis::flushLeases),
        new SharedFills(fences, limits.maxAge().toNanos(), System::nanoTime),
        limits.leaseTimeout().toNanos());
  }

  /** Only results of queries are deleted by their tags: no write of a key would. */
  private static FillContext.Tagging tagging(ResultTags tags) {
    return (namespace, name) ->
        namespace.isQuery()
            ? tags.add(namespace.tagsOf(name, name.length), name, namespace.l2Ttl())
            : FillContext.TAGGED;
  }

  /**
   * Reads {@code name} of {@code namespace}; completes on an unspecified thread, exceptionally only
   * by a mistake of ours.
   *
   * @param redisAnswers whether Redis is there to take the value; false asks it for nothing
   * @param floorNs the answer shows every write that had ended at this moment
   */
  public CompletableFuture<Outcome> fill(
      Namespace namespace, byte[] name, boolean redisAnswers, long floorNs) {
    return shared.join(name, floorNs, alone -> begin(namespace, name, redisAnswers, alone));
  }

  /**
   * Takes the lease of {@code name} where Redis has no such key. None is taken where it has, where
   * another has the lease, or the row is known to be absent; nor where Redis cannot be asked, is
   * not certain to be the node called {@code nodeId}, or says nothing in time, which counts as not
   * answered. Whoever is given one has to {@link #fillUnder} it.
   */
  CompletableFuture<Attempt> takeLease(byte[] name, @Nullable String nodeId) {
    Leases leases = redis.leases().apply(name);
    if (leases == null || !leases.areOf(nodeId)) {
      return CompletableFuture.completedFuture(UNANSWERED);
    }
    CompletableFuture<Attempt> taken = new CompletableFuture<>();
    leases
        .acquireMissingAtFlush(name, context.leaseTtl())
        .thenAccept(attempt -> taken(leases, taken, attempt));
    long deadlineNs = System.nanoTime() + leaseTimeoutNs;
    context
        .ticks()
        .add(nowNs -> {
          if (nowNs - deadlineNs >= 0) {
            taken.complete(UNANSWERED);
          }
          return !taken.isDone();
        });
    return taken;
  }

  private static void taken(Leases leases, CompletableFuture<Attempt> waiting, Attempt attempt) {
    Lease lease = attempt.lease();
    if (!waiting.complete(attempt) && lease != null) {
      var _ = leases.release(lease); // nobody has waited for so long
    }
  }

  /** Asks for the leases gathered since the last call. */
  void flush() {
    redis.flush().run();
  }

  /** As {@link #fill}, for who has taken the lease already. */
  CompletableFuture<Outcome> fillUnder(Lease lease, Namespace namespace, long floorNs) {
    Leases leases = redis.leases().apply(lease.key());
    if (leases == null) {
      return context
          .readAlone(namespace, lease.key(), Reason.DISCONNECTED)
          .thenApply(Outcome::unstored);
    }
    AtomicBoolean begun = new AtomicBoolean();
    CompletableFuture<Outcome> outcome =
        shared.join(
            lease.key(),
            floorNs,
            alone -> {
              begun.set(true);
              return new LeasedRead(context, leases, namespace, lease.key(), alone).start(lease);
            });
    if (!begun.get()) {
      var _ = leases.release(lease); // the one that was joined waits for it
    }
    return outcome;
  }

  private CompletableFuture<Outcome> begin(
      Namespace namespace, byte[] name, boolean redisAnswers, Runnable alone) {
    Leases leases = redisAnswers ? redis.leases().apply(name) : null;
    if (leases == null) {
      return context.readAlone(namespace, name, Reason.DISCONNECTED).thenApply(Outcome::unstored);
    }
    return new LeasedRead(context, leases, namespace, name, alone).start();
  }

  /**
   * Reads the row of a key that Redis still has and that is about to expire, and gives Redis its
   * value with a fresh TTL, or deletes the key where there is no row. Does nothing where the key
   * changes meanwhile or somebody else reads the row; never waits for others.
   *
   * @param oldValue what Redis had
   * @return whether Redis was changed; false also where the row could not be read
   */
  public CompletableFuture<Boolean> refresh(Namespace namespace, byte[] name, byte[] oldValue) {
    Leases leases = redis.leases().apply(name);
    if (leases == null) {
      return CompletableFuture.completedFuture(false);
    }
    return leases
        .acquire(name, context.leaseTtl())
        .thenCompose(lease ->
            lease == null
                ? CompletableFuture.completedFuture(false)
                : context
                    .readUnder(lease, leases, namespace, name)
                    .thenCompose(read ->
                        read.isTagged()
                            ? refreshed(leases, lease, namespace, oldValue, read.answer())
                            : leases.release(lease).thenApply(nothing -> false)));
  }

  private static CompletableFuture<Boolean> refreshed(
      Leases leases, Lease lease, Namespace namespace, byte[] oldValue, Answer answer) {
    return switch (answer) {
      case Hit hit -> {
        Duration life = hit.lifeWithin(namespace.l2Ttl());
        yield life.toMillis() > 0
            ? leases.replace(lease, oldValue, hit.value(), life)
            : leases.remove(lease, oldValue, namespace.negativeTtl());
      }
      case Miss miss -> leases.remove(lease, oldValue, namespace.negativeTtl());
      case Unavailable unavailable -> leases.release(lease).thenApply(nothing -> false);
    };
  }

  /** Returns how many reads wait for another's lease. */
  public int waiting() {
    return context.counters().waiting().get();
  }

  /** Returns how many fills are under way; 0 at rest. */
  public int underWay() {
    return shared.size();
  }
}
