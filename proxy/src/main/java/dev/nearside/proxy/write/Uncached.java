package dev.nearside.proxy.write;

import dev.nearside.proxy.guard.Backoff;
import dev.nearside.proxy.tier.Timer;
import dev.nearside.proxy.tier.redis.WriteIntents;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that the database has taken and Redis has not been told of: they are deleted there, over
 * and over until it is done. Thread-safe; never blocks.
 *
 * <p>Bounded: while it is full, no write is begun of which Redis could not be told.
 */
final class Uncached {
  private static final Logger log = LoggerFactory.getLogger(Uncached.class);
  private static final int MOST = 100_000;
  private static final int AT_ONCE = 500;

  private final WriteIntents redis;
  private final Timer timer;
  private final Backoff backoff = new Backoff();
  private final Set<ByteBuffer> keys = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean trying = new AtomicBoolean();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile boolean alone;

  Uncached(WriteIntents redis, Timer timer) {
    this.redis = redis;
    this.timer = timer;
  }

  /** Returns whether there is no room for more. */
  boolean isFull() {
    return keys.size() >= MOST;
  }

  /** Returns how many keys wait. */
  int size() {
    return keys.size();
  }

  /** Has {@code more} deleted. */
  void add(List<byte[]> more) {
    more.forEach(key -> keys.add(ByteBuffer.wrap(key)));
    goOn();
  }

  /** Whoever adds looks here after it, and so does whoever has tried. */
  private void goOn() {
    if (!keys.isEmpty() && trying.compareAndSet(false, true)) {
      List<ByteBuffer> some = keys.stream().limit(alone ? 1 : AT_ONCE).toList();
      some.forEach(keys::remove); // what is added meanwhile is to be deleted once more
      redis
          .forget(some.stream().map(ByteBuffer::array).toList())
          .whenComplete((gone, failure) -> tried(some, failure));
    }
  }

  private void tried(List<ByteBuffer> some, @Nullable Throwable failure) {
    String refusal = WriteIntents.refusal(failure);
    if (failure == null) {
      failures.set(0);
    } else if (refusal != null && some.size() == 1) {
      log.warn("Redis does not let a key be deleted that the database has anew: {}", refusal);
    } else {
      alone = refusal != null; // one of them: the others can be deleted one by one
      keys.addAll(some);
      long pauseNs = backoff.before(Math.min(failures.incrementAndGet(), 16)).toNanos();
      var _ = timer.schedule(this::again, pauseNs);
      return;
    }
    again();
  }

  private void again() {
    trying.set(false);
    goOn();
  }
}
