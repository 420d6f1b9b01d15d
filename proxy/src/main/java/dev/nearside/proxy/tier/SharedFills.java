package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Fences;
import dev.nearside.proxy.tier.DatabaseFill.Outcome;
import dev.nearside.proxy.tier.local.LookupKey;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

/*
 * Who may join a fill that was begun before he asked. Its row may have been read at any moment since
 * it began, so it shows every write that had ended by then, and perhaps none later. A reader joins
 * only if there is no write that he must see and that ended later:
 *
 *   A write of the key through this sidecar: it moves the version of the key's fence when it begins,
 *   before it is forwarded, and when its reply is there, before anybody has seen it. A fill begun
 *   before or during the write has another version than a reader who comes after its
 *   acknowledgement.
 *   Whatever the reader's connection has been told, writes of others included: the fill must have
 *   begun at or after the connection's floor.
 *   Any other write: it breaks the lease of the fill, and the push of that ends the joining. Should
 *   the push not come, nobody joins after maxAge: a row is no older than a local read may be.
 *
 * Who may not join begins his own, and is the one who is joined from then on. It costs no second
 * query: the lease that the first one holds makes it wait for the same outcome, unless a write has
 * broken that lease, and then it must not wait for it.
 */

/** The fills under way in this sidecar, by key. Thread-safe, lock-free. */
final class SharedFills {
  /** One that can be joined. */
  private record Shared(CompletableFuture<Outcome> outcome, long beganNs, long version) {}

  private final ConcurrentMap<ByteBuffer, Shared> underWay = new ConcurrentHashMap<>();
  private final Fences fences;
  private final long maxAgeNs;
  private final LongSupplier nanoTime;

  /**
   * Creates an empty map.
   *
   * @param maxAgeNs the age from which on a fill is not joined
   */
  SharedFills(Fences fences, long maxAgeNs, LongSupplier nanoTime) {
    this.fences = fences;
    this.maxAgeNs = maxAgeNs;
    this.nanoTime = nanoTime;
  }

  /**
   * Returns the outcome of a fill of {@code name}: one under way that is at least as new as {@code
   * floorNs}, else the one that {@code begin} starts.
   *
   * @param begin starts a fill; may run what it is given, after which nobody joins that fill
   */
  @SuppressWarnings("ReferenceEquality") // the very fill
  CompletableFuture<Outcome> join(
      byte[] name, long floorNs, Function<Runnable, CompletableFuture<Outcome>> begin) {
    ByteBuffer key = ByteBuffer.wrap(name);
    long version = fences.version(new LookupKey().set(0, name).hashCode());
    long nowNs = nanoTime.getAsLong();
    Shared fresh = new Shared(new CompletableFuture<>(), nowNs, version);
    Shared joined =
        underWay.merge(
            key, fresh, (there, mine) -> mayJoin(there, version, floorNs, nowNs) ? there : mine);
    if (fresh == joined) {
      begin(key, fresh, begin);
    }
    return joined.outcome;
  }

  /** Returns how many are under way. */
  int size() {
    return underWay.size();
  }

  private boolean mayJoin(Shared there, long version, long floorNs, long nowNs) {
    return there.version == version
        && there.beganNs - floorNs >= 0
        && nowNs - there.beganNs <= maxAgeNs;
  }

  /** Nobody finds it any more when its outcome is there. */
  private void begin(
      ByteBuffer key, Shared mine, Function<Runnable, CompletableFuture<Outcome>> begin) {
    CompletableFuture<Outcome> started;
    try {
      started = begin.apply(() -> underWay.remove(key, mine));
    } catch (RuntimeException fault) { // ours
      started = CompletableFuture.failedFuture(fault);
    }
    var _ =
        started.whenComplete((outcome, fault) -> {
          underWay.remove(key, mine);
          if (fault == null) {
            mine.outcome.complete(outcome);
          } else {
            mine.outcome.completeExceptionally(fault);
          }
        });
  }
}
