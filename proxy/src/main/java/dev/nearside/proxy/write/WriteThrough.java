package dev.nearside.proxy.write;

import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.strings.StringWrite;
import dev.nearside.proxy.strings.StringWrite.Change;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Timer;
import dev.nearside.proxy.tier.database.DatabaseWriter;
import dev.nearside.proxy.tier.database.DatabaseWriter.Result;
import dev.nearside.proxy.tier.database.DatabaseWriter.Result.Failed;
import dev.nearside.proxy.tier.database.DatabaseWriter.Result.Written;
import dev.nearside.proxy.tier.redis.KnownOutboxes;
import dev.nearside.proxy.tier.redis.WriteIntents;
import dev.nearside.proxy.tier.redis.WriteIntents.Intent;
import dev.nearside.proxy.tier.redis.WriteIntents.Settled;
import dev.nearside.proxy.write.WriteOutcome.Made;
import dev.nearside.proxy.write.WriteOutcome.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Writes the database first, then Redis: what is answered as done is in both, or the client is told
 * that Redis has not taken it. Thread-safe, never blocks.
 *
 * <p>Nothing is changed anywhere when the database refuses or fails. Why Redis keeps nothing that
 * is older than the database stands in {@link WriteIntents}. What another sidecar has written
 * behind is waited for: it was acknowledged before.
 */
public final class WriteThrough {
  private static final String NOT_CACHED =
      "ERR stored, not cached: the database has it, Redis could not be told";

  /** What else a writer may wait for besides the database. */
  private static final Duration SPARE = Duration.ofSeconds(5);

  private final DatabaseWriter database;
  private final Guard guard;
  private final WriteIntents redis;
  private final Uncached uncached;
  private final Timer timer;
  private final KnownOutboxes outboxes;
  private final Duration timeout;
  private final Duration window;

  /**
   * Creates the path.
   *
   * @param timeout bound on what the database does for one write
   * @param timer runs what is to be tried again
   * @param outboxes which namespaces are written behind by others
   */
  public WriteThrough(
      DatabaseWriter database,
      Guard guard,
      WriteIntents redis,
      Duration timeout,
      Timer timer,
      KnownOutboxes outboxes) {
    this.database = database;
    this.guard = guard;
    this.redis = redis;
    this.uncached = new Uncached(redis, timer);
    this.timer = timer;
    this.outboxes = outboxes;
    this.timeout = timeout;
    this.window = timeout.multipliedBy(2).plus(SPARE);
  }

  /** Returns how many keys are stored, and still to be deleted in Redis. */
  public int uncached() {
    return uncached.size();
  }

  /**
   * Writes.
   *
   * @param namespaces that of each key of {@code command}, in its order
   * @return completed on any thread; exceptionally only by a mistake of ours
   */
  public CompletableFuture<WriteOutcome> write(StringWrite command, List<Namespace> namespaces) {
    WrittenKeys keys = WrittenKeys.of(command.keys(), namespaces);
    return begin(command, keys, System.nanoTime() + 2 * timeout.toNanos(), 1);
  }

  private CompletableFuture<WriteOutcome> begin(
      StringWrite command, WrittenKeys keys, long deadlineNs, int round) {
    Reason no = guard.acquire();
    if (no != null) {
      return refused("ERR nothing was written: the database cannot be asked, " + no.label());
    }
    long start = guard.now();
    return redis
        .intend(keys.names(), window)
        .handle((intent, failure) -> {
          String refusal = WriteIntents.refusal(failure);
          if (refusal != null) {
            guard.release();
            return refused("ERR nothing was written: Redis does not take it: " + refusal);
          }
          if (failure == null && intent == null) {
            guard.release();
            return beginLater(command, keys, deadlineNs, round);
          }
          return write(command, keys, failure == null ? intent : null, deadlineNs, start);
        })
        .thenCompose(outcome -> outcome);
  }

  /** Something is pending, which the database is to have before. */
  private CompletableFuture<WriteOutcome> beginLater(
      StringWrite command, WrittenKeys keys, long deadlineNs, int round) {
    if (deadlineNs - System.nanoTime() <= 0) {
      return refused(
          "ERR nothing was written: what was written behind to the same key waits in the outbox of "
              + keys.namespaces());
    }
    CompletableFuture<WriteOutcome> later = new CompletableFuture<>();
    var _ =
        timer.schedule(
            () ->
                begin(command, keys, deadlineNs, round + 1)
                    .whenComplete((outcome, bug) -> {
                      if (bug == null) {
                        later.complete(outcome);
                      } else {
                        later.completeExceptionally(bug);
                      }
                    }),
            Conflicts.pauseNs(Conflicts.AT_ONCE + round));
    return later;
  }

  private CompletableFuture<WriteOutcome> write(
      StringWrite command, WrittenKeys keys, @Nullable Intent intent, long deadlineNs, long start) {
    if (intent == null && uncached.isFull()) {
      guard.release();
      return refused("ERR nothing was written: Redis cannot be told, and too much waits for it");
    }
    if (intent == null
        && keys.rows().stream().anyMatch(row -> outboxes.isWrittenBehind(row.namespace().name()))) {
      guard.release();
      return refused(
          "ERR nothing was written: Redis cannot be asked what waits in the outbox of "
              + keys.namespaces());
    }
    AtomicReference<Change> change = new AtomicReference<>();
    return database
        .write(
            keys.rows(),
            (before, nowMs) -> {
              Change made = command.apply(keys.inOrderOf(before), nowMs);
              change.set(made);
              return keys.eachOnce(made.after());
            },
            deadlineNs)
        .whenComplete((result, bug) -> count(guard, result, start))
        .thenCompose(result ->
            switch (result) {
              case Written written ->
                  settle(keys, intent, settled(keys, written))
                      .thenApply(told -> told ? made(change.get()) : new Refused(NOT_CACHED, true));
              case Result.Refused no -> withdraw(intent).thenApply(gone -> new Refused(no.why()));
              case Failed failed -> failed(keys, intent, failed);
            });
  }

  private static WriteOutcome made(@Nullable Change change) {
    return new Made(Objects.requireNonNull(change).reply());
  }

  /** Tells {@code guard} what the database made of a call that began at {@code start}. */
  static void count(Guard guard, @Nullable Result result, long start) {
    boolean isAway =
        result == null || (result instanceof Failed failed && failed.reason() != Reason.ERROR);
    if (isAway) {
      guard.failed(start);
    } else {
      guard.succeeded(start);
    }
  }

  /** What may have been committed all the same is forgotten by Redis. */
  private CompletableFuture<WriteOutcome> failed(
      WrittenKeys keys, @Nullable Intent intent, Failed failed) {
    String why = failed.reason().label() + ": " + failed.why();
    if (!failed.isUnknown()) {
      return withdraw(intent)
          .thenApply(gone -> new Refused("ERR nothing was written: the database, " + why));
    }
    List<Settled> gone = Collections.nCopies(keys.names().size(), Settled.NOTHING);
    return settle(keys, intent, gone)
        .thenApply(told ->
            new Refused(
                "ERR it is not known whether this was written: the database, " + why, true));
  }

  /** Returns whether Redis was told. */
  private CompletableFuture<Boolean> settle(
      WrittenKeys keys, @Nullable Intent intent, List<Settled> after) {
    if (intent == null) {
      uncached.add(keys.names());
      return CompletableFuture.completedFuture(false);
    }
    return redis
        .settle(intent, after)
        .handle((put, failure) -> {
          if (failure != null) {
            uncached.add(keys.names());
          }
          return failure == null;
        });
  }

  private CompletableFuture<?> withdraw(@Nullable Intent intent) {
    return intent == null
        ? CompletableFuture.completedFuture(null)
        : redis.withdraw(intent).handle((gone, failure) -> null); // it ends by itself
  }

  private static List<Settled> settled(WrittenKeys keys, Written written) {
    List<Settled> all = new ArrayList<>();
    for (int i = 0; i < written.after().size(); i++) {
      KeyState state = written.after().get(i);
      long ttlMs = keys.rows().get(i).namespace().l2Ttl().toMillis();
      if (state.expiresAtMs() != KeyState.NEVER) {
        long sinceMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - written.sinceNs()) + 1;
        ttlMs = Math.min(ttlMs, state.expiresAtMs() - written.nowMs() - sinceMs);
      }
      all.add(ttlMs < 1 ? Settled.NOTHING : new Settled(state.value(), ttlMs));
    }
    return all;
  }

  private static CompletableFuture<WriteOutcome> refused(String why) {
    return CompletableFuture.completedFuture(new Refused(why));
  }
}
