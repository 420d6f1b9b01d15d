package dev.nearside.proxy.tier;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.telemetry.AuditResult;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.RedisAdministration;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * How an audit can tell a stale entry from one that is just being overtaken.
 *
 * A read on another connection shows another value than the entry. Either the value was changed after
 * L1 was last told, and then its push is under way on the tracked connection; or no push will ever
 * come, and the entry is wrong. A PING on the tracked connection that is sent after that read was
 * answered tells them apart: once it is answered every push that was due has arrived. An entry that is
 * then still there was served against the contract.
 */

/**
 * Compares what L1 holds with what Redis says, and publishes what it finds. Thread-safe, never
 * blocks.
 *
 * <p>One local read in each interval is read again, on a connection that has nothing to do with L1.
 * In shadow mode each read that could have been local is compared with the reply that its client
 * got. An entry that proves wrong empties L1.
 */
public final class Audit {
  /** Where keys are read that has nothing to do with L1. */
  @FunctionalInterface
  public interface Source {
    /** Completes with what {@code name} is there, on any thread, or with null. */
    CompletionStage<RedisAdministration.@Nullable Read> read(byte[] name);
  }

  private static final Logger log = LoggerFactory.getLogger(Audit.class);

  private final Coherence coherence;
  private final LocalTier local;
  private final Source redis;
  private final long intervalNs;
  private final int database;
  private final AtomicLong nextNs;
  private final Map<AuditResult, LongAdder> counts = new EnumMap<>(AuditResult.class);

  /**
   * Creates the audit.
   *
   * @param interval one local read in each is read again; zero for none
   * @param database the one that {@code redis} reads
   */
  public Audit(
      Coherence coherence,
      LocalTier local,
      Source redis,
      Duration interval,
      int database,
      Metrics metrics) {
    this.coherence = coherence;
    this.local = local;
    this.redis = redis;
    this.intervalNs = interval.toNanos();
    this.database = database;
    this.nextNs = new AtomicLong(System.nanoTime());
    for (AuditResult result : AuditResult.values()) {
      counts.put(result, metrics.audits(result));
    }
  }

  /** A client is being answered with {@code entry}: it may be the one of its interval. */
  void served(Entry entry, long nowNs) {
    long next = nextNs.get();
    boolean due = intervalNs > 0 && nowNs - next >= 0 && entry.database() == database;
    if (due && nextNs.compareAndSet(next, nowNs + intervalNs)) {
      readAgain(entry);
    }
  }

  private void readAgain(Entry entry) {
    redis
        .read(entry.name())
        .whenComplete((read, failure) -> {
          if (read == null) {
            count(AuditResult.FAILED);
          } else {
            compare(entry, read.value() == null ? null : Replies.bulk(read.value()));
          }
        });
  }

  /**
   * Compares what {@code entry} would have shown with the reply that came from Redis, null for nil.
   */
  void compare(Entry entry, byte @Nullable [] reply) {
    LookupKey key = new LookupKey().set(entry.database(), entry.name());
    Shard shard = coherence.shard(key);
    if (entry.shows(reply)) {
      count(AuditResult.CONSISTENT);
    } else if (shard == null || !shard.isTracking()) {
      count(AuditResult.OVERTAKEN);
    } else {
      shard.barrier().await(System.nanoTime(), () -> judge(shard, key, entry));
    }
  }

  @SuppressWarnings("ReferenceEquality") // the very entry
  private void judge(Shard shard, LookupKey key, Entry entry) {
    boolean stillServed =
        shard.isOpen()
            && entry.epoch() == shard.epochOf(key)
            && local.find(key) == entry
            && entry.expiresAtNs() - System.nanoTime() > 0;
    if (!stillServed) {
      count(AuditResult.OVERTAKEN);
      return;
    }
    count(AuditResult.INCONSISTENT);
    log.error(
        "L1 held another value than Redis, and nothing had told of the change: a key of {} bytes in"
            + " database {}. L1 is emptied",
        key.length(),
        key.database());
    shard.distrust();
  }

  private void count(AuditResult result) {
    Objects.requireNonNull(counts.get(result)).increment();
  }
}
