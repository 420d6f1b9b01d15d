package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.tier.Timer;
import dev.nearside.proxy.tier.redis.Outbox.Appended;
import dev.nearside.proxy.tier.redis.Outbox.Put;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * A Redis that keeps what it acknowledges writes its log to disk before it answers, which takes
 * longer than hundreds of writes, and does nothing else meanwhile. So writes go together. While
 * one script is unanswered, what comes is gathered, and goes behind its answer. Those who were just
 * answered write again at once, but not all in the same microsecond: whoever comes first waits for
 * as many as there were before, for an eighth of the time that the answer took, and half a
 * millisecond at most. Else there would be two crowds that wait for each other's log.
 */

/**
 * Writes of one key each that depend on nothing, gathered into scripts of many. Thread-safe, never
 * blocks.
 */
final class AppendCalls {
  private static final int MOST_KEYS = 128;
  private static final int MOST_BYTES = 1 << 20;
  private static final int CROWD = 4;
  private static final long LONGEST_WAIT_NS = TimeUnit.MICROSECONDS.toNanos(500);

  private record Call(Put put, CompletableFuture<Appended> done) {
    int bytes() {
      byte[] value = put.after() == null ? null : put.after().value();
      return value == null ? 0 : value.length;
    }
  }

  private final Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection;
  private final Supplier<byte[]> tokens;
  private final Timer timer;
  private final Queue<Call> gathered = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger unanswered = new AtomicInteger();
  private final AtomicBoolean lingers = new AtomicBoolean();
  private volatile int expected;

  /**
   * Creates an empty one.
   *
   * @param tokens gives a new token for each script
   */
  AppendCalls(
      Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection,
      Supplier<byte[]> tokens,
      Timer timer) {
    this.connection = connection;
    this.tokens = tokens;
    this.timer = timer;
  }

  /** Writes {@code put}, which has no condition; ends as {@link Outbox#append}. */
  CompletableFuture<Appended> append(Put put) {
    Call call = new Call(put, new CompletableFuture<>());
    gathered.add(call);
    waiting.incrementAndGet(); // behind the call: whoever counts it finds it
    sendWhatIsDue();
    return call.done;
  }

  /** Whoever adds looks here, and so does whoever has an answer: none is left behind. */
  private void sendWhatIsDue() {
    for (int count = waiting.get(); count > 0; count = waiting.get()) {
      if (count >= MOST_KEYS) {
        unanswered.incrementAndGet();
      } else if ((lingers.get() && count < expected) || !unanswered.compareAndSet(0, 1)) {
        return;
      }
      List<Call> batch = take();
      if (batch.isEmpty()) {
        unanswered.decrementAndGet(); // another thread has taken them
      } else {
        send(batch);
      }
    }
  }

  private List<Call> take() {
    int most = Math.min(MOST_KEYS, waiting.getAndUpdate(n -> n - Math.min(n, MOST_KEYS)));
    List<Call> batch = new ArrayList<>(most);
    int bytes = 0;
    while (batch.size() < most && bytes < MOST_BYTES) {
      Call next = gathered.remove(); // there are as many as were counted
      bytes += next.bytes();
      batch.add(next);
    }
    waiting.addAndGet(most - batch.size());
    return batch;
  }

  private void send(List<Call> batch) {
    long sentNs = System.nanoTime();
    var _ = run(batch).whenComplete((said, failure) -> answered(batch, sentNs, said, failure));
  }

  private void answered(
      List<Call> batch, long sentNs, byte @Nullable [] said, @Nullable Throwable failure) {
    if (failure == null && batch.size() >= CROWD) {
      expected = batch.size();
      lingers.set(true);
      long waitNs = Math.min(LONGEST_WAIT_NS, (System.nanoTime() - sentNs) / 8);
      var _ = timer.schedule(this::lingerNoMore, waitNs);
    }
    unanswered.decrementAndGet();
    try {
      tell(batch, said, failure);
    } finally {
      sendWhatIsDue();
    }
  }

  private void lingerNoMore() {
    lingers.set(false);
    sendWhatIsDue();
  }

  private void tell(List<Call> batch, byte @Nullable [] said, @Nullable Throwable failure) {
    if (WriteIntents.refusal(failure) != null && batch.size() > 1) {
      batch.forEach(this::callAlone); // one of them: Redis executes none of a script it refuses
      return;
    }
    for (int i = 0; i < batch.size(); i++) {
      CompletableFuture<Appended> done = batch.get(i).done;
      if (said == null || i >= said.length) {
        done.completeExceptionally(
            failure == null ? new IllegalStateException("Redis has not answered all") : failure);
      } else {
        done.complete(said[i] == '1' ? Appended.DONE : Appended.FULL);
      }
    }
  }

  private void callAlone(Call call) {
    List<Call> alone = List.of(call);
    var _ = run(alone).whenComplete((said, failure) -> tell(alone, said, failure));
  }

  private CompletableFuture<byte[]> run(List<Call> batch) {
    StatefulRedisConnection<byte[], byte[]> current = connection.get();
    if (current == null || !current.isOpen()) {
      return CompletableFuture.failedFuture(new IllegalStateException("Redis is not connected"));
    }
    AsyncCommand<byte[], byte[], byte[]> known =
        dispatch(current, CommandType.EVALSHA, OutboxScripts.APPEND_EACH_DIGEST, batch);
    return known
        .exceptionallyCompose(failure ->
            failure instanceof RedisNoScriptException
                ? dispatch(current, CommandType.EVAL, OutboxScripts.APPEND_EACH, batch)
                : CompletableFuture.failedStage(failure))
        .toCompletableFuture();
  }

  private AsyncCommand<byte[], byte[], byte[]> dispatch(
      StatefulRedisConnection<byte[], byte[]> to, CommandType type, byte[] what, List<Call> batch) {
    GatheredArguments arguments = new GatheredArguments().bulk(what).number(4L * batch.size());
    batch.forEach(call -> arguments.bulk(call.put.place().key()));
    batch.forEach(call -> arguments.bulk(Leases.PREFIX, call.put.place().key()));
    batch.forEach(call -> arguments.bulk(Outbox.PENDING, call.put.place().key()));
    batch.forEach(
        call -> arguments.bulk(OutboxKeys.STREAM, call.put.place().namespace().getBytes(UTF_8)));
    arguments.bulk(tokens.get());
    batch.forEach(call -> Outbox.state(call.put).forEach(arguments::bulk));
    AsyncCommand<byte[], byte[], byte[]> command =
        new AsyncCommand<>(
            new Command<>(type, new ValueOutput<>(ByteArrayCodec.INSTANCE), arguments));
    to.dispatch(command);
    return command;
  }
}
