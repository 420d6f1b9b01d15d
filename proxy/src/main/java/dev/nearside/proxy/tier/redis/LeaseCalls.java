package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.tier.redis.Leases.Lease;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/*
 * One script costs Redis and us about as much as the work on ten keys, and reads through the
 * database come in crowds. So a script takes many keys, and nobody waits for a crowd to form: while
 * nothing is unanswered, a call is sent at once; what is called until the last answer comes, goes
 * together then. The slower Redis, the larger the scripts. Whoever makes many calls in a row, for what one tick
 * of an event loop or one statement has brought, flushes behind them. So that a long way to Redis does not
 * bound their number in a second, a full script is sent whatever is unanswered.
 *
 * Keys in one script have nothing to do with each other: what the proof in Leases says of a key
 * needs that the steps on it and its lease are one, which a script of more keys is as well. Redis
 * does nothing else meanwhile, hence the bounds on keys and bytes.
 *
 * All keys are one node's here. Where there are several, each has its own calls; what was gathered is
 * sent as one script for each slot, since KEYS of one are of one slot.
 */

/**
 * Calls of one script of {@link LeaseScripts} that takes many keys, gathered. Thread-safe, never
 * blocks.
 */
final class LeaseCalls {
  /** The most keys in one script. */
  static final int MOST_KEYS = 64;

  private static final int MOST_BYTES = 1 << 18;
  private static final int UNANSWERED = -1;

  /**
   * One key's part.
   *
   * @param value the third argument, or null where the script takes none
   * @param told told once what the script says of the key, or -1 where that is not known
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  private record Call(Lease lease, long millis, byte @Nullable [] value, IntConsumer told) {
    int bytes() {
      return lease.key().length + (value == null ? 0 : value.length);
    }
  }

  /**
   * Where they are made.
   *
   * @param failed told what was asked, and why it failed, or null where it did not
   */
  record Place(
      StatefulRedisConnection<byte[], byte[]> connection,
      SideNames names,
      BiConsumer<String, @Nullable Throwable> failed) {}

  private final StatefulRedisConnection<byte[], byte[]> connection;
  private final SideNames names;
  private final BiConsumer<String, @Nullable Throwable> failed;
  private final Script script;
  private final boolean goesOn;
  private final boolean looksBehind;
  private final byte @Nullable [] gate;
  private final Queue<Call> gathered = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong waitingBytes = new AtomicLong();
  private final AtomicInteger unanswered = new AtomicInteger();
  private final AtomicInteger crowds = new AtomicInteger();

  /**
   * Creates an empty one.
   *
   * @param goesOn whether a call is still to be sent that has waited for as long as an answer may
   *     take
   * @param looksBehind whether the script is given pending(k) of each key, too
   * @param gate a key that the script is given besides, as its last one, or null
   */
  LeaseCalls(
      Place place, Script script, boolean goesOn, boolean looksBehind, byte @Nullable [] gate) {
    this.connection = place.connection;
    this.names = place.names;
    this.failed = place.failed;
    this.script = script;
    this.goesOn = goesOn;
    this.looksBehind = looksBehind;
    this.gate = gate;
  }

  /**
   * Has the script executed for one key, at the next flush at the latest.
   *
   * @param told told what it says of the key, or -1 where that is not known; on the connection's
   *     thread, by its command time-out, or on that of who flushes
   */
  void gather(Lease lease, long millis, byte @Nullable [] value, IntConsumer told) {
    Call call = new Call(lease, millis, value, told);
    gathered.add(call);
    waitingBytes.addAndGet(call.bytes());
    waiting.incrementAndGet(); // behind the call: whoever counts it finds it
  }

  /** Sends what may be sent now; the rest goes when there is an answer. */
  void flush() {
    sendWhatIsDue();
  }

  /** As {@link #flush}, where nobody has said that more are coming. */
  void flushUnlessCrowded() {
    if (crowds.get() == 0) {
      sendWhatIsDue();
    }
  }

  /** More calls are coming at once: what comes is sent no later than at the end of this crowd. */
  void beginCrowd() {
    crowds.incrementAndGet();
  }

  /** Ends what {@link #beginCrowd} has begun. */
  void endCrowd() {
    crowds.decrementAndGet();
    sendWhatIsDue();
  }

  /** Whoever flushes looks here, and so does whoever has an answer: none is left behind. */
  private void sendWhatIsDue() {
    while (waiting.get() > 0) {
      if (!unanswered.compareAndSet(0, 1)) {
        if (waiting.get() < MOST_KEYS && waitingBytes.get() < MOST_BYTES) {
          return;
        }
        unanswered.incrementAndGet();
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
    waitingBytes.addAndGet(-bytes);
    waiting.addAndGet(most - batch.size());
    return batch;
  }

  private void send(List<Call> batch) {
    Collection<List<Call>> parts = names.bySlot(batch, call -> call.lease.key()).values();
    AtomicInteger missing = new AtomicInteger(parts.size());
    for (List<Call> part : parts) {
      var _ =
          run(part)
              .whenComplete(
                  (did, failure) -> answered(part, missing.decrementAndGet() == 0, did, failure));
    }
  }

  /** {@code all}: of all that was sent with it. */
  private void answered(
      List<Call> batch, boolean all, byte @Nullable [] did, @Nullable Throwable failure) {
    try {
      if (!goesOn && failure != null && isTimeout(failure)) {
        giveUpWhatWaits(failure);
      }
      if (all) {
        unanswered.decrementAndGet();
        sendWhatIsDue(); // Redis works on it while we work on this
      }
    } finally {
      tell(batch, did, failure);
    }
  }

  private static boolean isTimeout(Throwable failure) {
    return Leases.unwrap(failure) instanceof RedisCommandTimeoutException;
  }

  /** Behind a script that took too long: whoever waits would wait for as long once more. */
  private void giveUpWhatWaits(Throwable failure) {
    for (List<Call> late = take(); !late.isEmpty(); late = take()) {
      tell(late, null, failure);
    }
  }

  private void tell(List<Call> batch, byte @Nullable [] did, @Nullable Throwable failure) {
    if (failure != null && isOfOneKey(failure) && batch.size() > 1) {
      batch.forEach(this::callAlone);
      return;
    }
    failed.accept("a script for " + batch.size(), failure);
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).told.accept(did == null || i >= did.length ? UNANSWERED : said(did[i]));
    }
  }

  private static int said(byte digit) {
    int did = digit - '0';
    return did == LeaseScripts.REFUSED ? UNANSWERED : did;
  }

  /** A key that this user may not use: Redis looks before it executes any of the script. */
  private static boolean isOfOneKey(Throwable failure) {
    return Leases.unwrap(failure) instanceof RedisCommandExecutionException refusal
        && String.valueOf(refusal.getMessage()).matches("NOPERM .* keys?( .*)?");
  }

  private void callAlone(Call call) {
    List<Call> alone = List.of(call);
    var _ = run(alone).whenComplete((did, failure) -> tell(alone, did, failure));
  }

  private CompletableFuture<byte[]> run(List<Call> batch) {
    return script.run(connection, arguments -> write(batch, arguments));
  }

  private void write(List<Call> batch, GatheredArguments arguments) {
    int slot = names.slotOf(batch.getFirst().lease.key());
    byte[] leases = names.leases(slot);
    byte[] pendings = names.pendings(slot);
    arguments.number((looksBehind ? 3L : 2L) * batch.size() + (gate == null ? 0 : 1));
    for (Call call : batch) {
      arguments.bulk(call.lease.key());
    }
    for (Call call : looksBehind ? batch : List.<Call>of()) {
      arguments.bulk(pendings, call.lease.key());
    }
    for (Call call : batch) {
      arguments.bulk(leases, call.lease.key());
    }
    if (gate != null) {
      arguments.bulk(gate);
    }
    for (Call call : batch) {
      arguments.bulk(call.lease.token()).number(call.millis);
      if (call.value != null) {
        arguments.bulk(call.value);
      }
    }
  }
}
