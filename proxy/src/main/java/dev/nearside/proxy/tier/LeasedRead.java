package dev.nearside.proxy.tier;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.Answer.Hit;
import dev.nearside.proxy.tier.Answer.Miss;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Answer.Unavailable;
import dev.nearside.proxy.tier.DatabaseFill.Outcome;
import dev.nearside.proxy.tier.redis.Leases;
import dev.nearside.proxy.tier.redis.Leases.Attempt;
import dev.nearside.proxy.tier.redis.Leases.Lease;
import dev.nearside.proxy.tier.redis.Look;
import dev.nearside.proxy.tier.redis.Look.Absent;
import dev.nearside.proxy.tier.redis.Look.Free;
import dev.nearside.proxy.tier.redis.Look.Held;
import dev.nearside.proxy.tier.redis.Look.Unknown;
import dev.nearside.proxy.tier.redis.Look.Value;
import dev.nearside.proxy.tier.redis.Look.Wake;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 *                 taken ──▶ read the row ──▶ fill, mark or give back ──▶ done
 *                   ▲
 *   ──▶ take the lease ◀─────────────── free ──┐
 *            │      ▲                          │
 *      not taken    └─ timer, unknown ─┐       │
 *            ▼                         │       │
 *          look ◀── push, lost ── wait ◀─ held ┤
 *            ▲                                 │
 *            └─────────────────────────────────┴─▶ value or absent: done
 *
 * Every way round ends at the deadline: from then on the row is read without a lease, unless
 * something newer was written behind.
 */

/**
 * One read through the database, of which there is one in the whole fleet for a key: whoever gets
 * the lease reads the row, the others wait for what becomes of it. Thread-safe; each step runs when
 * the one before it has ended.
 */
final class LeasedRead implements Ticks.Ticked {
  private static final int AT_ONCE = 2;
  private static final int MAX_DOUBLINGS = 6;
  private static final long EXPIRY_MARGIN_MS = 2;

  /** How long a lease of our own is held unwatched. */
  private static final long UNWATCHED_NS = TimeUnit.MILLISECONDS.toNanos(50);

  /** How long Redis may take to say at the deadline whether the row is old. */
  private static final long LOOK_LIMIT_NS = TimeUnit.MILLISECONDS.toNanos(200);

  private final FillContext context;
  private final Leases leases;
  private final Namespace namespace;
  private final byte[] name;
  private final Runnable alone;
  private final CompletableFuture<Outcome> result = new CompletableFuture<>();
  private final AtomicBoolean decided = new AtomicBoolean();
  private final AtomicBoolean waited = new AtomicBoolean();
  private final AtomicInteger rounds = new AtomicInteger();
  private volatile @Nullable CompletableFuture<Wake> waiting;
  private volatile boolean answered;
  private volatile @Nullable Lease held;
  private long deadlineNs;
  private long renewalNs;
  private long watchNs;
  private boolean watched;

  /**
   * Creates a read.
   *
   * @param alone called when nobody may join it any more
   */
  LeasedRead(FillContext context, Leases leases, Namespace namespace, byte[] name, Runnable alone) {
    this.context = context;
    this.leases = leases;
    this.namespace = namespace;
    this.name = name;
    this.alone = alone;
  }

  /** Begins, once; completed exceptionally only by a mistake of ours. */
  CompletableFuture<Outcome> start() {
    limitTime();
    attempt();
    return result;
  }

  /** As {@link #start()}, with the lease taken. */
  CompletableFuture<Outcome> start(Lease lease) {
    decided.set(true);
    limitTime();
    hold(lease);
    return result;
  }

  private void limitTime() {
    deadlineNs = System.nanoTime() + context.timeoutNs();
    context.ticks().add(this);
  }

  @Override
  public boolean tick(long nowNs) {
    if (result.isDone()) {
      return false;
    }
    Lease lease = held;
    if (lease != null && !answered) {
      keep(lease, nowNs);
    } else if (nowNs - deadlineNs >= 0) {
      overdue();
    }
    return true;
  }

  private void keep(Lease lease, long nowNs) {
    if (nowNs - renewalNs >= 0) {
      renewalNs = nowNs + FillContext.renewalNs(lease);
      var _ = leases.renew(lease);
    }
    if (!watched && nowNs - watchNs >= 0) {
      watched = true;
      followOwn(lease);
    }
  }

  /** Returns true to the one step that decides where the answer comes from. */
  private boolean decide() {
    return decided.compareAndSet(false, true);
  }

  private void attempt() {
    then(leases.acquireMissing(name, context.leaseTtl()).thenAccept(this::attempted));
  }

  private void attempted(Attempt attempt) {
    Lease lease = attempt.lease();
    if (lease != null) {
      if (decide()) {
        hold(lease);
      } else {
        then(leases.release(lease));
      }
    } else if (attempt.answered()) {
      look();
    } else if (attempt.gated() && decide()) {
      readGated();
    } else if (decide()) {
      readAlone();
    }
  }

  private void look() {
    then(leases.look(name).thenAccept(this::seen));
  }

  private void seen(Look look) {
    switch (look) {
      case Value found -> found(Outcome.found(new Hit(found.value()), true, false));
      case Absent absent -> {
        context.counters().absent().increment();
        found(Outcome.absent(false, absent));
      }
      case Held held -> await(held);
      case Free free -> again();
      case Unknown unknown -> again();
    }
  }

  private void found(Outcome outcome) {
    if (decide()) {
      result.complete(outcome);
    }
  }

  /** Nobody is seen to hold it: the first tries are made at once, the others ever later. */
  private void again() {
    int round = rounds.incrementAndGet();
    if (decided.get()) {
      return;
    }
    if (round <= AT_ONCE) {
      attempt();
      return;
    }
    long maxMs = 2L << Math.min(round - AT_ONCE, MAX_DOUBLINGS);
    long pauseMs = ThreadLocalRandom.current().nextLong(maxMs / 2, maxMs + 1);
    var _ = context.timer().schedule(this::attempt, TimeUnit.MILLISECONDS.toNanos(pauseMs));
  }

  private void await(Held held) {
    if (waited.compareAndSet(false, true)) {
      context.counters().waited().increment();
    }
    context.counters().waiting().incrementAndGet();
    CompletableFuture<Wake> changed = held.changed();
    waiting = changed;
    if (decided.get()) {
      changed.complete(Wake.DEADLINE);
    }
    Future<?> expiry = held.millis() < 0 ? null : expiryOf(held);
    then(
        changed.thenAccept(wake -> {
          if (expiry != null) {
            expiry.cancel(false);
          }
          woken(wake);
        }));
  }

  private Future<?> expiryOf(Held held) {
    long delayNs = TimeUnit.MILLISECONDS.toNanos(held.millis() + EXPIRY_MARGIN_MS);
    return context.timer().schedule(() -> held.changed().complete(Wake.TIMER), delayNs);
  }

  private void woken(Wake wake) {
    context.counters().woken(wake);
    if (decided.get()) {
      return;
    }
    switch (wake) {
      case PUSH, LOST -> look();
      case TIMER -> attempt();
      case DEADLINE -> {}
    }
  }

  private void overdue() {
    if (!decide()) {
      return;
    }
    context.counters().overdue();
    CompletableFuture<Wake> wait = waiting;
    if (wait != null) {
      wait.complete(Wake.DEADLINE);
    }
    readUnlessPending();
  }

  /** Redis was there: it can say whether the row is older than what was written behind. */
  private void readUnlessPending() {
    CompletableFuture<Boolean> pending = leases.isPending(name);
    Future<?> limit = context.timer().schedule(() -> pending.complete(false), LOOK_LIMIT_NS);
    then(
        pending.thenAccept(there -> {
          limit.cancel(false);
          if (there) {
            result.complete(Outcome.unstored(new Unavailable(Reason.TIMEOUT)));
          } else {
            readAlone();
          }
        }));
  }

  /** Nothing newer was pending, so it may be read. */
  private void readGated() {
    closeToOthers();
    deliver(() -> context.read(namespace, name).thenApply(Outcome::unstored));
  }

  /** Nothing tells of writes meanwhile. */
  private void readAlone() {
    closeToOthers();
    deliver(() -> context.readAlone(namespace, name, Reason.TIMEOUT).thenApply(Outcome::unstored));
  }

  private void hold(Lease lease) {
    context.counters().taken().increment();
    long nowNs = System.nanoTime();
    renewalNs = nowNs + FillContext.renewalNs(lease);
    watchNs = nowNs + UNWATCHED_NS;
    held = lease; // behind them, which ticks read
    deliver(() ->
        context
            .readTagged(namespace, name)
            .thenCompose(read -> {
              answered = true;
              return read.isTagged() ? settled(lease, read.answer()) : kept(lease, read.answer());
            }));
  }

  /**
   * Notices when the lease is broken by a write: the row may be older than that, so nobody may join
   * from then on. Only {@link #UNWATCHED_NS} after the lease was taken: a read of a row is usually
   * over by then, and the look, with the push that follows it, would cost as much as the whole
   * read. Nobody else's outcome is waited for here. Until then a reader who joins may be told a row
   * that is older than a write made elsewhere, by no more than that: far less than the age from
   * which on nobody joins whether told or not ({@link SharedFills}). What he must see in any case,
   * his own floor and writes through this sidecar, does not hang on the watch.
   */
  private void followOwn(Lease lease) {
    if (!answered) {
      then(leases.look(name).thenAccept(look -> ownSeen(lease, look)));
    }
  }

  private void ownSeen(Lease lease, Look look) {
    if (look instanceof Held held && Arrays.equals(held.token(), lease.token())) {
      CompletableFuture<Wake> changed = held.changed();
      then(changed.thenAccept(wake -> followOwn(lease)));
      var _ = result.whenComplete((outcome, fault) -> changed.complete(Wake.TIMER));
    } else if (!answered) {
      closeToOthers();
    }
  }

  private void closeToOthers() {
    alone.run();
    leases.outdated(name);
  }

  private CompletableFuture<Outcome> settled(Lease lease, Answer answer) {
    return switch (answer) {
      case Hit hit -> {
        Duration life = hit.lifeWithin(namespace.l2Ttl());
        yield life.toMillis() > 0
            ? leases
                .fill(lease, hit.value(), life)
                .thenApply(stored -> Outcome.found(answer, stored, true))
            : settled(lease, Miss.INSTANCE); // it has expired on its way
      }
      case Miss miss -> leases.mark(lease, namespace.negativeTtl()).thenCompose(this::marked);
      case Unavailable unavailable -> kept(lease, answer);
    };
  }

  /** Not put into Redis. */
  private CompletableFuture<Outcome> kept(Lease lease, Answer answer) {
    return leases.release(lease).thenApply(nothing -> Outcome.unstored(answer));
  }

  /** From this look on a change of the marker is told; only so may L1 remember it. */
  private CompletableFuture<Outcome> marked(boolean marked) {
    if (!marked) {
      return CompletableFuture.completedFuture(Outcome.unstored(Miss.INSTANCE));
    }
    return leases
        .look(name)
        .thenApply(look ->
            look instanceof Absent left
                ? Outcome.absent(true, left)
                : Outcome.unstored(Miss.INSTANCE));
  }

  private void deliver(Supplier<CompletableFuture<Outcome>> reading) {
    try {
      then(reading.get().thenAccept(result::complete));
    } catch (RuntimeException fault) { // ours
      result.completeExceptionally(fault);
    }
  }

  /** A fault in a step is ours: it ends the read. */
  private void then(CompletableFuture<?> step) {
    var _ =
        step.exceptionally(fault -> {
          result.completeExceptionally(fault);
          return null;
        });
  }
}
