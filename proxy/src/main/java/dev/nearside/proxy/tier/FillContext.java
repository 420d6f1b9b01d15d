package dev.nearside.proxy.tier;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.redis.Leases;
import dev.nearside.proxy.tier.redis.Leases.Lease;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * What every read through the database needs. Thread-safe.
 *
 * @param rows reads rows
 * @param timer renews leases and ends waits
 * @param timeoutNs bound on a wait for another's lease, and on a read of a row
 * @param counters counts leases
 * @param ticks looks after reads under way
 * @param tagging tells Redis which tags a result will have
 * @param behind which namespaces are written behind, by whomever
 */
record FillContext(
    RowReads rows,
    Timer timer,
    long timeoutNs,
    LeaseCounters counters,
    Ticks ticks,
    Tagging tagging,
    Predicate<Namespace> behind) {
  /** Tells Redis the tags of a value before it is read under a lease. */
  @FunctionalInterface
  interface Tagging {
    /** Returns whether Redis has them, so that what is read may be put there. */
    CompletableFuture<Boolean> tag(Namespace namespace, byte[] name);
  }

  /** Of a value that Redis need not find by its tags. */
  static final CompletableFuture<Boolean> TAGGED = CompletableFuture.completedFuture(true);

  private static final Duration MIN_LEASE = Duration.ofSeconds(1);
  private static final Duration MAX_LEASE = Duration.ofSeconds(5);
  private static final int RENEWALS = 3;

  FillContext(RowReads rows, Timer timer, long timeoutNs, LeaseCounters counters) {
    this(
        rows,
        timer,
        timeoutNs,
        counters,
        new Ticks(timer),
        (namespace, name) -> TAGGED,
        Namespace::writesBehind);
  }

  FillContext withTagging(Tagging added) {
    return new FillContext(rows, timer, timeoutNs, counters, ticks, added, behind);
  }

  FillContext withOutboxes(Predicate<Namespace> known) {
    return new FillContext(rows, timer, timeoutNs, counters, ticks, tagging, known);
  }

  /**
   * Returns how long a lease lasts unless it is renewed: half of the time that others wait for it,
   * so that a holder that is gone is replaced before they give up.
   */
  Duration leaseTtl() {
    long halfNs = timeoutNs / 2;
    return Duration.ofNanos(Math.clamp(halfNs, MIN_LEASE.toNanos(), MAX_LEASE.toNanos()));
  }

  CompletableFuture<Answer> read(Namespace namespace, byte[] name) {
    return rows.read(namespace, name, timeoutNs);
  }

  /** As {@link #read}, for Redis, which is told the value's tags before. */
  CompletableFuture<Tagged> readTagged(Namespace namespace, byte[] name) {
    return tagging
        .tag(namespace, name)
        .thenCompose(
            tagged -> read(namespace, name).thenApply(answer -> new Tagged(answer, tagged)));
  }

  /**
   * What was read.
   *
   * @param answer what the database has said
   * @param isTagged whether it may be put into Redis
   */
  record Tagged(Answer answer, boolean isTagged) {}

  /**
   * Reads the row without a lease; not where Redis may know better, which cannot be asked or has
   * not answered in time: then {@code reason} is the answer.
   */
  CompletableFuture<Answer> readAlone(Namespace namespace, byte[] name, Reason reason) {
    return behind.test(namespace)
        ? CompletableFuture.completedFuture(new Answer.Unavailable(reason))
        : read(namespace, name);
  }

  /** Reads the row under {@code lease}, whose expiry is put off until the answer is there. */
  CompletableFuture<Tagged> readUnder(
      Lease lease, Leases leases, Namespace namespace, byte[] name) {
    CompletableFuture<Tagged> reading = readTagged(namespace, name);
    counters.taken().increment();
    AtomicBoolean ended = new AtomicBoolean();
    Future<?> first = timer.schedule(() -> renew(lease, leases, ended), renewalNs(lease));
    return reading.whenComplete((answer, fault) -> {
      ended.set(true);
      first.cancel(false);
    });
  }

  private void renew(Lease lease, Leases leases, AtomicBoolean ended) {
    if (!ended.get()) {
      var _ = leases.renew(lease);
      var _ = timer.schedule(() -> renew(lease, leases, ended), renewalNs(lease));
    }
  }

  static long renewalNs(Lease lease) {
    return lease.ttl().toNanos() / RENEWALS;
  }
}
