package dev.nearside.proxy.write;

import dev.nearside.proxy.guard.Backoff;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.tier.database.OutboxRows;
import dev.nearside.proxy.tier.database.OutboxRows.Taken;
import dev.nearside.proxy.tier.database.OutboxRows.UntakenException;
import dev.nearside.proxy.tier.redis.OutboxFeed;
import dev.nearside.proxy.tier.redis.OutboxFeed.Backlog;
import dev.nearside.proxy.tier.redis.OutboxFeed.Batch;
import dev.nearside.proxy.tier.redis.OutboxFeed.Item;
import dev.nearside.proxy.tier.redis.OutboxFeed.LostLeaseException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what is pending of one namespace to the database, while no other sidecar does. Runs on a
 * thread of its own, which it blocks.
 *
 * <p>A batch that the database refuses for good is tried again in halves, until one key is found
 * that it never takes: that is put aside, and the others go on.
 */
public final class OutboxDrain implements AutoCloseable {
  /**
   * What came of batches.
   *
   * @param drained keys that the database has taken
   * @param dead keys that were put aside
   * @param failed batches that failed, and are tried again
   */
  public record Counters(LongAdder drained, LongAdder dead, LongAdder failed) {}

  private static final Logger log = LoggerFactory.getLogger(OutboxDrain.class);
  private static final int MOST_KEYS = 512;
  private static final Duration IDLE = Duration.ofMillis(50);
  private static final Duration NOT_OURS = Duration.ofMillis(500);
  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  private final Namespace namespace;
  private final OutboxFeed feed;
  private final OutboxRows rows;
  private final Counters counters;
  private final Backoff backoff = new Backoff();
  private final Semaphore wakes = new Semaphore(0);
  private final Thread thread;
  private volatile Backlog backlog = Backlog.NONE;
  private volatile boolean stopping;
  private int failures;

  /** Creates the drain of {@code namespace}, which does nothing yet. */
  public OutboxDrain(Namespace namespace, OutboxFeed feed, OutboxRows rows, Counters counters) {
    this.namespace = namespace;
    this.feed = feed;
    this.rows = rows;
    this.counters = counters;
    this.thread =
        Thread.ofVirtual().name("nearside-outbox-" + namespace.name()).unstarted(this::run);
  }

  /** Starts draining, and goes on until closed. */
  public void start() {
    thread.start();
  }

  /** Something is pending; never blocks. */
  public void wake() {
    if (wakes.availablePermits() == 0) {
      wakes.release();
    }
  }

  /** Returns how much waited when last seen. */
  public Backlog backlog() {
    return backlog;
  }

  /** Returns whose drain it is. */
  public Namespace namespace() {
    return namespace;
  }

  /** Stops behind the batch that is under way; what is pending waits at Redis. */
  @Override
  public void close() {
    stopping = true;
    wakes.release();
    try {
      thread.join(END_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!stopping) {
      try {
        if (feed.take()) {
          drain();
        } else {
          observe();
          pause(NOT_OURS);
        }
      } catch (LostLeaseException e) {
        log.debug("namespace {}: {}", namespace.name(), e.getMessage());
      } catch (UntakenException | IOException e) {
        failed(String.valueOf(e.getMessage()));
      } catch (RuntimeException bug) { // the rim of this thread
        log.error("the outbox of namespace {} met a fault of ours", namespace.name(), bug);
        failed("a fault of ours");
      }
    }
    try {
      feed.give();
    } catch (IOException e) {
      log.debug("the drain ends by itself: {}", e.getMessage());
    }
  }

  private void failed(String why) {
    counters.failed().increment();
    failures++;
    log.debug("the outbox of namespace {} waits: {}", namespace.name(), why);
    pause(backoff.before(Math.min(failures, 16)));
  }

  private void observe() throws IOException {
    backlog = feed.backlog();
  }

  /** Drains until somebody else does, or something fails. */
  private void drain() throws IOException, UntakenException, LostLeaseException {
    Taken taken = rows.takeOver(namespace);
    if (!feed.belongsTo(taken.home())) {
      log.error(
          "the outbox of namespace {} in Redis is another database's; it is not drained to this one",
          namespace.name());
      feed.give();
      pause(END_LIMIT);
      return;
    }
    byte[] sealed = feed.sealed();
    if (sealed != null && Arrays.equals(sealed, taken.batch())) {
      feed.drained(sealed); // it was committed, and whoever did it has not come to this
    }
    int most = MOST_KEYS;
    while (!stopping) {
      Batch batch = feed.seal(most);
      observe();
      if (batch.items().isEmpty()) {
        pause(IDLE);
      } else {
        most = drain(taken.epoch(), batch);
      }
    }
  }

  /** Returns how many keys the next batch may have. */
  private int drain(long epoch, Batch batch)
      throws IOException, UntakenException, LostLeaseException {
    List<Item> items = batch.items();
    List<byte[]> keys = items.stream().map(Item::key).toList();
    List<KeyState> states = items.stream().map(Item::state).toList();
    try {
      if (!rows.commit(namespace, epoch, batch.name(), keys, states)) {
        throw new LostLeaseException();
      }
    } catch (UntakenException e) {
      if (!e.isForGood()) {
        throw e;
      }
      if (items.size() == 1) {
        bury(items.getFirst(), String.valueOf(e.getMessage()));
      }
      return Math.max(1, items.size() / 2);
    }
    feed.drained(batch.name());
    counters.drained().add(items.size());
    failures = 0;
    return MOST_KEYS;
  }

  private void bury(Item item, String why) throws IOException, LostLeaseException {
    if (feed.bury(item, why, namespace.outboxLimit())) {
      counters.dead().increment();
      log.warn("a write of namespace {} was put aside: {}", namespace.name(), why);
    } else {
      throw new IOException("no more can be put aside");
    }
  }

  private void pause(Duration most) {
    try {
      if (wakes.tryAcquire(most.toNanos(), TimeUnit.NANOSECONDS)) {
        wakes.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopping = true;
    }
  }
}
