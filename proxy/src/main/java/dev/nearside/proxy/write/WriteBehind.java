package dev.nearside.proxy.write;

import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.strings.RefusedWriteException;
import dev.nearside.proxy.strings.StringWrite;
import dev.nearside.proxy.strings.StringWrite.Change;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Timer;
import dev.nearside.proxy.tier.database.DatabaseWriter;
import dev.nearside.proxy.tier.redis.Outbox;
import dev.nearside.proxy.tier.redis.Outbox.Appended;
import dev.nearside.proxy.tier.redis.Outbox.Condition;
import dev.nearside.proxy.tier.redis.Outbox.Place;
import dev.nearside.proxy.tier.redis.Outbox.Put;
import dev.nearside.proxy.tier.redis.UnsentException;
import dev.nearside.proxy.tier.redis.WriteIntents;
import dev.nearside.proxy.write.WriteOutcome.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes Redis and the outbox there, in one step; the database follows. Thread-safe, never blocks.
 *
 * <p>A command that comes to the same whatever its keys hold is one call of Redis. Any other looks
 * first, and is made only if nothing has changed since; in this sidecar those of a key are made one
 * after the other, so that they do not make each other try again. Why no reader sees anything older
 * stands in {@link Outbox}.
 */
public final class WriteBehind {
  private final Outbox outbox;
  private final DatabaseWriter database;
  private final Guard guard;
  private final DurabilityGate gate;
  private final KeyTurns turns = new KeyTurns();
  private final Duration timeout;
  private final Timer timer;
  private final ToIntFunction<Namespace> most;
  private final Consumer<DatabaseWriter.Row> written;

  /**
   * Creates the path.
   *
   * @param database reads what keys hold of which nothing is pending
   * @param guard its breaker and bulkhead
   * @param gate whether Redis keeps what it acknowledges
   * @param timeout bound on what the database does for one write
   * @param timer runs what is to be tried again
   * @param most gives how many keys may be pending where one is written
   * @param written told what the outbox has got something of
   */
  public WriteBehind(
      Outbox outbox,
      DatabaseWriter database,
      Guard guard,
      DurabilityGate gate,
      Duration timeout,
      Timer timer,
      ToIntFunction<Namespace> most,
      Consumer<DatabaseWriter.Row> written) {
    this.outbox = outbox;
    this.database = database;
    this.guard = guard;
    this.gate = gate;
    this.timeout = timeout;
    this.timer = timer;
    this.most = most;
    this.written = written;
  }

  /**
   * Writes.
   *
   * @param namespaces that of each key of {@code command}, in its order
   * @return completed on any thread; exceptionally only by a mistake of ours
   */
  public CompletableFuture<WriteOutcome> write(StringWrite command, List<Namespace> namespaces) {
    String obstacle = gate.obstacle(namespaces);
    if (obstacle != null) {
      return refused("ERR nothing was written: " + obstacle);
    }
    if (namespaces.size() == 1) {
      return writeInSlot(command, namespaces);
    }
    List<Integer> places = IntStream.range(0, namespaces.size()).boxed().toList();
    Collection<List<Integer>> slots = outbox.bySlot(places, command.keys()::get);
    return slots.size() == 1
        ? writeInSlot(command, namespaces)
        : writeInSlots(command, namespaces, slots);
  }

  /** No two slots are written in one step: each key is written alone, as a cluster does it. */
  private CompletableFuture<WriteOutcome> writeInSlots(
      StringWrite command, List<Namespace> namespaces, Collection<List<Integer>> slots) {
    List<CompletableFuture<WriteOutcome>> parts = new ArrayList<>(slots.size());
    for (List<Integer> places : slots) {
      StringWrite part = command.part(places);
      if (part == null) {
        return refused("CROSSSLOT Keys in request don't hash to the same slot");
      }
      parts.add(writeInSlot(part, places.stream().map(namespaces::get).toList()));
    }
    return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
        .thenApply(
            all -> WriteOutcome.ofParts(parts.stream().map(CompletableFuture::join).toList()));
  }

  private CompletableFuture<WriteOutcome> writeInSlot(
      StringWrite command, List<Namespace> namespaces) {
    WrittenKeys keys = WrittenKeys.of(command.keys(), namespaces);
    Attempt attempt = new Attempt(command, keys, System.nanoTime() + 2 * timeout.toNanos());
    if (command.isTimeless()) {
      return attempt.appendBlind();
    }
    if (command.isBlind()) {
      return attempt.look();
    }
    return keys.rows().size() == 1
        ? turns.take(keys.rows().getFirst().key(), attempt::look)
        : attempt.look();
  }

  /** Returns what a client is told of what Redis was to do. */
  static Refused failed(String what, Throwable failure) {
    if (UnsentException.is(failure)) {
      return new Refused("ERR nothing was %s: Redis cannot be asked".formatted(what));
    }
    String refusal = WriteIntents.refusal(failure);
    return refusal == null
        ? new Refused(
            "ERR it is not known whether this was " + what + ": Redis does not answer", true)
        : new Refused("ERR nothing was " + what + ": Redis does not take it: " + refusal);
  }

  private static CompletableFuture<WriteOutcome> refused(String why) {
    return CompletableFuture.completedFuture(new Refused(why));
  }

  /** One command, until it is made or given up. */
  private final class Attempt {
    private final StringWrite command;
    private final WrittenKeys keys;
    private final List<Place> places;
    private final long deadlineNs;
    private int rounds;

    Attempt(StringWrite command, WrittenKeys keys, long deadlineNs) {
      this.command = command;
      this.keys = keys;
      this.deadlineNs = deadlineNs;
      this.places =
          keys.rows().stream().map(row -> new Place(row.key(), row.namespace().name())).toList();
    }

    /** Asks Redis nothing before. */
    CompletableFuture<WriteOutcome> appendBlind() {
      try {
        return append(command.apply(keys.inOrderOf(nothing()), 0), 0, null);
      } catch (RefusedWriteException e) {
        return refused(String.valueOf(e.getMessage()));
      }
    }

    private List<KeyState> nothing() {
      return keys.rows().stream().map(row -> KeyState.absent()).toList();
    }

    CompletableFuture<WriteOutcome> look() {
      return outbox
          .look(places, timeout.multipliedBy(2))
          .handle((seen, failure) -> {
            if (failure != null) {
              return refused(unwritten(failure));
            }
            return seen == null ? again(null) : seen(seen);
          })
          .thenCompose(outcome -> outcome);
    }

    private String unwritten(Throwable failure) {
      String refusal = WriteIntents.refusal(failure);
      return "ERR nothing was written: Redis "
          + (refusal == null ? "cannot be asked" : "does not take it: " + refusal);
    }

    private CompletableFuture<WriteOutcome> seen(Outbox.Seen seen) {
      boolean known = command.isBlind() || seen.keys().stream().noneMatch(each -> each == null);
      if (known) {
        return apply(seen, nothing());
      }
      Reason no = guard.acquire();
      if (no != null) {
        return undone(seen, "ERR nothing was written: the database cannot be asked, " + no.label());
      }
      long start = guard.now();
      return database
          .read(keys.rows(), deadlineNs)
          .whenComplete((result, bug) -> WriteThrough.count(guard, result, start))
          .thenCompose(result ->
              switch (result) {
                case DatabaseWriter.Result.Written rows -> apply(seen, rows.after());
                case DatabaseWriter.Result.Refused refused -> undone(seen, refused.why());
                case DatabaseWriter.Result.Failed failed ->
                    undone(
                        seen,
                        "ERR nothing was written: the database, %s: %s"
                            .formatted(failed.reason().label(), failed.why()));
              });
    }

    private CompletableFuture<WriteOutcome> undone(Outbox.Seen seen, String why) {
      outbox.unclaim(places, seen);
      return refused(why);
    }

    private CompletableFuture<WriteOutcome> apply(Outbox.Seen seen, List<KeyState> rows) {
      try {
        List<KeyState> before = Seens.states(seen, rows);
        Change change = command.apply(keys.inOrderOf(before), seen.nowMs());
        return append(change, seen.nowMs(), new Before(seen, before));
      } catch (RefusedWriteException e) {
        return undone(seen, String.valueOf(e.getMessage()));
      }
    }

    CompletableFuture<WriteOutcome> append(Change change, long nowMs, @Nullable Before before) {
      List<KeyState> after = keys.eachOnce(change.after());
      List<Put> puts = new ArrayList<>(after.size());
      for (int i = 0; i < after.size(); i++) {
        DatabaseWriter.Row row = keys.rows().get(i);
        String refusal = database.refusal(row, after.get(i));
        if (refusal != null) {
          String why = "ERR namespace %s: %s".formatted(row.namespace().name(), refusal);
          return before == null ? refused(why) : undone(before.seen(), why);
        }
        puts.add(put(i, after.get(i), nowMs, before));
      }
      return outbox
          .append(puts)
          .handle((said, failure) ->
              failure == null
                  ? appended(said, change, before)
                  : CompletableFuture.<WriteOutcome>completedFuture(failed("written", failure)))
          .thenCompose(outcome -> outcome);
    }

    @SuppressWarnings("ReferenceEquality") // the very object means: nothing has changed
    private Put put(int i, KeyState after, long nowMs, @Nullable Before before) {
      Namespace namespace = keys.rows().get(i).namespace();
      int limit = most.applyAsInt(namespace);
      long l2TtlMs = namespace.l2Ttl().toMillis();
      long lifeMs =
          after.expiresAtMs() == KeyState.NEVER
              ? l2TtlMs
              : Math.min(l2TtlMs, after.expiresAtMs() - nowMs);
      if (before == null) {
        return new Put(places.get(i), limit, new Condition.None(), after, l2TtlMs, lifeMs);
      }
      boolean changes = command.isBlind() || after != before.states().get(i);
      return new Put(
          places.get(i),
          limit,
          command.isBlind() ? new Condition.None() : Seens.condition(before.seen(), i),
          changes ? after : null,
          l2TtlMs,
          Math.max(1, lifeMs));
    }

    private CompletableFuture<WriteOutcome> appended(
        Appended said, Change change, @Nullable Before before) {
      return switch (said) {
        case DONE -> {
          keys.rows().forEach(written);
          yield CompletableFuture.completedFuture(new WriteOutcome.Made(change.reply()));
        }
        case FULL -> {
          String full =
              "ERR nothing was written: %s is full of what the database has not taken"
                  .formatted(outboxes());
          yield before == null ? refused(full) : undone(before.seen(), full);
        }
        case CONFLICT -> again(before);
      };
    }

    private String outboxes() {
      List<String> names = places.stream().map(Place::namespace).distinct().toList();
      return names.size() == 1
          ? "the outbox of namespace " + names.getFirst()
          : "an outbox of namespaces " + String.join(", ", names);
    }

    /** Somebody else was faster; the first tries are made at once, the others ever later. */
    private CompletableFuture<WriteOutcome> again(@Nullable Before before) {
      if (deadlineNs - System.nanoTime() <= 0) {
        String why = "ERR nothing was written: others write the same key all the time";
        return before == null ? refused(why) : undone(before.seen(), why);
      }
      CompletableFuture<WriteOutcome> later = new CompletableFuture<>();
      var _ =
          timer.schedule(
              () ->
                  look()
                      .whenComplete((outcome, bug) -> {
                        if (bug == null) {
                          later.complete(outcome);
                        } else {
                          later.completeExceptionally(bug);
                        }
                      }),
              Conflicts.pauseNs(++rounds));
      return later;
    }
  }

  /** What keys held. */
  private record Before(Outbox.Seen seen, List<KeyState> states) {}
}
