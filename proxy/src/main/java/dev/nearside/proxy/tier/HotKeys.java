package dev.nearside.proxy.tier;

import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.EvictingRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells an upstream that evicts what is used least which keys are in use here: of those that memory
 * answers it sees no reads, and would evict the hottest first. Thread-safe; works on a virtual
 * thread of its own.
 */
public final class HotKeys {
  private static final Logger log = LoggerFactory.getLogger(HotKeys.class);
  private static final int BATCH = 256;

  /** More at once would only wait in the connection, before what others send on it. */
  static final int MOST_UNANSWERED = 4;

  /** When no answer comes for so long, the rest of a round is left to the next. */
  private static final long PATIENCE_S = 10;

  private final LocalTier local;
  private final EvictingRedis redis;
  private final int database;
  private final LongAdder touched;
  private final AtomicBoolean underWay = new AtomicBoolean();

  /**
   * Creates it.
   *
   * @param database the one that {@code redis} speaks of
   * @param touched counts the keys named
   */
  public HotKeys(LocalTier local, EvictingRedis redis, int database, LongAdder touched) {
    this.local = local;
    this.redis = redis;
    this.database = database;
    this.touched = touched;
  }

  /** Names the keys that were served since the last call, if the upstream evicts by use. */
  public void tell() {
    if (redis.isOpen() && underWay.compareAndSet(false, true)) {
      redis
          .evictsByUse()
          .thenAccept(byUse -> {
            if (byUse) {
              Thread.ofVirtual().name("nearside-hot-keys").start(this::touchAll);
            } else {
              underWay.set(false);
            }
          })
          .exceptionally(failure -> {
            log.debug("the upstream does not say how it evicts: {}", failure.getMessage());
            underWay.set(false);
            return null;
          });
    }
  }

  private void touchAll() {
    try {
      Round round = new Round();
      local.forEach(round::see);
      round.touch();
    } finally {
      underWay.set(false);
    }
  }

  private boolean isHot(Entry entry) {
    return entry.database() == database
        && entry.flight() == null
        && !entry.isNil()
        && entry.takeServedLately();
  }

  /** One walk over all entries; it waits for the upstream where that does not keep up. */
  private final class Round {
    private final Semaphore unanswered = new Semaphore(MOST_UNANSWERED);
    private final List<byte[]> batch = new ArrayList<>();
    private boolean givenUp;

    void see(Entry entry) {
      if (!givenUp && isHot(entry)) {
        batch.add(entry.name());
      }
      if (batch.size() == BATCH) {
        touch();
      }
    }

    void touch() {
      if (!batch.isEmpty() && mayAsk()) {
        touched.add(batch.size());
        redis
            .touch(List.copyOf(batch))
            .whenComplete((known, failure) -> {
              unanswered.release();
              if (failure != null) {
                log.debug("TOUCH failed: {}", failure.getMessage());
              }
            });
      }
      batch.clear();
    }

    private boolean mayAsk() {
      try {
        givenUp = givenUp || !unanswered.tryAcquire(PATIENCE_S, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        givenUp = true;
      }
      return !givenUp;
    }
  }
}
