package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.tier.Timer;
import dev.nearside.proxy.tier.redis.Outbox.Appended;
import dev.nearside.proxy.tier.redis.Outbox.Place;
import dev.nearside.proxy.tier.redis.Outbox.Put;
import io.lettuce.core.RedisCommandTimeoutException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * A Redis that keeps what it acknowledges writes its log to disk before it answers, which takes
 * longer than hundreds of writes, and does nothing else meanwhile. So writes go together. While
 * a script is unanswered, what comes is gathered, and goes behind its answer, in the order in which
 * it came: there is never more than one, so that none overtakes another. Those who were just
 * answered write again at once, but not all in the same microsecond: whoever comes first waits for
 * as many as there were before, for an eighth of the time that the answer took, and half a
 * millisecond at most. Else there would be two crowds that wait for each other's log.
 */

/**
 * Writes of one key each, of one slot, that depend on nothing, gathered into scripts of many.
 * Thread-safe, never blocks.
 */
final class AppendCalls {
  private static final int MOST_KEYS = 256;
  private static final int MOST_BYTES = 1 << 20;
  private static final int CROWD = 4;
  private static final long LONGEST_WAIT_NS = TimeUnit.MICROSECONDS.toNanos(500);

  private record Call(Place place, List<byte[]> state, CompletableFuture<Appended> done) {
    int bytes() {
      return 3 * place.key().length + state.getLast().length;
    }
  }

  private final RowLinks links;
  private final Supplier<byte[]> tokens;
  private final Timer timer;
  private final Consumer<Place> first;
  private final Queue<Call> gathered = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger lookers = new AtomicInteger();
  private final AtomicBoolean unanswered = new AtomicBoolean();
  private final AtomicBoolean lingers = new AtomicBoolean();
  private volatile int expected;

  /**
   * Creates an empty one.
   *
   * @param tokens gives a new token for each script
   * @param first told what was appended to a stream that had nothing
   */
  AppendCalls(RowLinks links, Supplier<byte[]> tokens, Timer timer, Consumer<Place> first) {
    this.links = links;
    this.tokens = tokens;
    this.timer = timer;
    this.first = first;
  }

  /** Writes {@code put}, which has no condition; ends as {@link Outbox#append}. */
  CompletableFuture<Appended> append(Put put) {
    Call call = new Call(put.place(), Outbox.state(put), new CompletableFuture<>());
    gathered.add(call);
    waiting.incrementAndGet(); // behind the call: whoever counts it finds it
    sendWhatIsDue();
    return call.done;
  }

  /**
   * Whoever adds looks here, and so does whoever has an answer: none is left behind. One at a time
   * does; others have it look again.
   */
  private void sendWhatIsDue() {
    if (lookers.getAndIncrement() > 0) {
      return;
    }
    int seen = 1;
    do {
      int count = waiting.get();
      boolean enough = count > 0 && !(lingers.get() && count < expected);
      if (enough && unanswered.compareAndSet(false, true)) {
        send(take());
      }
      seen = lookers.addAndGet(-seen);
    } while (seen > 0);
  }

  private List<Call> take() {
    int most = Math.min(MOST_KEYS, waiting.get());
    List<Call> batch = new ArrayList<>(most);
    int bytes = 0;
    while (batch.size() < most && bytes < MOST_BYTES) {
      Call next = gathered.remove(); // there are as many as were counted
      bytes += next.bytes();
      batch.add(next);
    }
    waiting.addAndGet(-batch.size());
    return batch;
  }

  private void send(List<Call> batch) {
    long sentNs = System.nanoTime();
    var _ = run(batch).whenComplete((said, failure) -> answered(batch, sentNs, said, failure));
  }

  private void answered(
      List<Call> batch, long sentNs, byte @Nullable [] said, @Nullable Throwable failure) {
    boolean crowd = failure == null && batch.size() >= CROWD;
    if (crowd && waiting.get() < batch.size()) {
      expected = Math.min(MOST_KEYS, batch.size() + waiting.get());
      lingers.set(true);
      long waitNs = Math.min(LONGEST_WAIT_NS, (System.nanoTime() - sentNs) / 8);
      var _ = timer.schedule(this::lingerNoMore, waitNs);
    } else {
      lingers.set(false);
    }
    if (WriteIntents.refusal(failure) != null && batch.size() > 1) {
      callAlone(batch.iterator()); // one of them: Redis executes none of a script it refuses
      return;
    }
    if (failure != null && Leases.unwrap(failure) instanceof RedisCommandTimeoutException) {
      giveUpWhatWaits();
    }
    sendNext(); // before the others are told: Redis need not wait for that
    tell(batch, said, failure);
  }

  private void sendNext() {
    unanswered.set(false);
    sendWhatIsDue();
  }

  /** Behind a script that took too long: whoever waits would wait for as long once more. */
  private void giveUpWhatWaits() {
    for (List<Call> late = take(); !late.isEmpty(); late = take()) {
      tell(late, null, new UnsentException("Redis does not answer"));
    }
  }

  private void lingerNoMore() {
    lingers.set(false);
    sendWhatIsDue();
  }

  private void tell(List<Call> batch, byte @Nullable [] said, @Nullable Throwable failure) {
    for (int i = 0; i < batch.size(); i++) {
      CompletableFuture<Appended> done = batch.get(i).done;
      if (said == null || i >= said.length) {
        done.completeExceptionally(
            failure == null ? new IllegalStateException("Redis has not answered all") : failure);
      } else {
        if (said[i] == '4') {
          first.accept(batch.get(i).place);
        }
        done.complete(appended(said[i]));
      }
    }
  }

  private static Appended appended(byte digit) {
    return switch (digit) {
      case '1', '4' -> Appended.DONE;
      case '2' -> Appended.FULL;
      default -> Appended.CONFLICT;
    };
  }

  /** Calls them one after the other, before anything else. */
  private void callAlone(Iterator<Call> rest) {
    if (!rest.hasNext()) {
      sendNext();
      return;
    }
    List<Call> alone = List.of(rest.next());
    var _ =
        run(alone)
            .whenComplete((said, failure) -> {
              tell(alone, said, failure);
              callAlone(rest);
            });
  }

  private CompletableFuture<byte[]> run(List<Call> batch) {
    int slot = links.names().slotOf(batch.getFirst().place.key());
    try {
      return links.ask(
          slot, redis -> OutboxScripts.APPEND_EACH.run(redis, all -> write(batch, slot, all)));
    } catch (RuntimeException e) { // of Lettuce: whoever waits is told
      return CompletableFuture.failedFuture(e);
    }
  }

  private void write(List<Call> batch, int slot, GatheredArguments arguments) {
    byte[] leases = links.names().leases(slot);
    byte[] pendings = links.names().pendings(slot);
    byte[] outboxes = links.names().outboxes(slot);
    arguments.number(4L * batch.size());
    batch.forEach(call -> arguments.bulk(call.place.key()));
    batch.forEach(call -> arguments.bulk(leases, call.place.key()));
    batch.forEach(call -> arguments.bulk(pendings, call.place.key()));
    batch.forEach(call -> arguments.bulk(outboxes, call.place.namespace().getBytes(UTF_8)));
    arguments.bulk(tokens.get());
    batch.forEach(call -> call.state.forEach(arguments::bulk));
  }
}
