package dev.nearside.proxy.tier;

import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.RedisAdministration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
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

  private final LocalTier local;
  private final RedisAdministration redis;
  private final int database;
  private final LongAdder touched;
  private final AtomicBoolean underWay = new AtomicBoolean();

  /**
   * Creates it.
   *
   * @param database the one that {@code redis} speaks of
   * @param touched counts the keys named
   */
  public HotKeys(LocalTier local, RedisAdministration redis, int database, LongAdder touched) {
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
      List<byte[]> batch = new ArrayList<>();
      local.forEach(entry -> {
        if (isHot(entry)) {
          batch.add(entry.name());
        }
        if (batch.size() == BATCH) {
          touch(batch);
        }
      });
      touch(batch);
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

  private void touch(List<byte[]> batch) {
    if (!batch.isEmpty()) {
      CompletionStage<Long> known = redis.touch(List.copyOf(batch));
      touched.add(batch.size());
      known.exceptionally(failure -> {
        log.debug("TOUCH failed: {}", failure.getMessage());
        return 0L;
      });
      batch.clear();
    }
  }
}
