package dev.nearside.proxy.write;

import dev.nearside.proxy.guard.Backoff;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.tier.database.OutboxRows;
import dev.nearside.proxy.tier.database.OutboxRows.Taken;
import dev.nearside.proxy.tier.database.OutboxRows.UntakenException;
import dev.nearside.proxy.tier.redis.Backlog;
import dev.nearside.proxy.tier.redis.DrainLease;
import dev.nearside.proxy.tier.redis.LostLeaseException;
import dev.nearside.proxy.tier.redis.OutboxFeed;
import dev.nearside.proxy.tier.redis.OutboxFeed.Batch;
import dev.nearside.proxy.tier.redis.OutboxFeed.Item;
import dev.nearside.proxy.tier.redis.Partition;
import dev.nearside.proxy.tier.redis.Round;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what is pending of a namespace, in one partition of Redis, to the database, while no other
 * sidecar does. Runs on a thread of its own, which it blocks.
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

  private record Pauses(Duration idle, Duration notOurs) {}

  private static final Logger log = LoggerFactory.getLogger(OutboxDrain.class);
  private static final int MOST_KEYS = 1024;

  /** One of one server, and one of many of a cluster. */
  private static final Pauses ONE = new Pauses(Duration.ofMillis(50), Duration.ofMillis(500));

  private static final Pauses OF_MANY = new Pauses(Duration.ofMillis(200), Duration.ofSeconds(2));
  private static final Duration QUIET = Duration.ofMinutes(1);
  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  private final Namespace namespace;
  private final OutboxFeed feed;
  private final DrainLease lease;
  private final String name;
  private final Pauses pauses;
  private final OutboxRows rows;
  private final Counters counters;
  private final Backoff backoff = new Backoff();
  private final Semaphore wakes = new Semaphore(0);
  private final Thread thread;
  private volatile Backlog backlog = Backlog.NONE;
  private volatile boolean stopping;
  private volatile boolean draining;
  private int failures;
  private int most = MOST_KEYS;
  private long above;
  private long saidNs = nanoTime() - QUIET.toNanos();

  /**
   * Creates a drain that does nothing yet.
   *
   * @param feed that of a partition of {@code namespace}
   */
  public OutboxDrain(Namespace namespace, OutboxFeed feed, OutboxRows rows, Counters counters) {
    this.namespace = namespace;
    this.feed = feed;
    this.lease = feed.lease();
    this.name = feed.partition().row();
    this.pauses = feed.partition().hasSlots() ? OF_MANY : ONE;
    this.rows = rows;
    this.counters = counters;
    this.thread = Thread.ofVirtual().name("nearside-outbox-" + name).unstarted(this::run);
  }

  /** Starts draining, and goes on until closed. */
  public void start() {
    thread.start();
  }

  /**
   * Something is pending in {@code slot} of its partition; never blocks. Who does not drain is not
   * disturbed.
   */
  public void wake(int slot) {
    feed.wake(slot);
    if (draining && wakes.availablePermits() == 0) {
      wakes.release();
    }
  }

  /** Returns which part of the outbox it drains. */
  public Partition partition() {
    return feed.partition();
  }

  /** Returns how much waited when last seen. */
  public Backlog backlog() {
    return backlog;
  }

  /** Returns whose drain it is. */
  public Namespace namespace() {
    return namespace;
  }

  /** Has it stop behind the batch that is under way; what is pending waits at Redis. */
  public void stop() {
    stopping = true;
    wakes.release();
  }

  /** As {@link #stop}, and waits for that. */
  @Override
  public void close() {
    stop();
    await(END_LIMIT);
  }

  /** Has all of {@code drains} stop, and waits for that, no longer than for one. */
  public static void close(Collection<OutboxDrain> drains) {
    drains.forEach(OutboxDrain::stop);
    long deadlineNs = nanoTime() + END_LIMIT.toNanos();
    drains.forEach(each -> each.await(Duration.ofNanos(deadlineNs - nanoTime())));
  }

  private void await(Duration most) {
    if (thread.getState() == Thread.State.NEW) {
      return;
    }
    try {
      thread.join(most);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!stopping) {
      try {
        if (lease.take()) {
          drain();
        } else {
          observe();
          pause(pauses.notOurs);
        }
      } catch (LostLeaseException e) {
        log.debug("outbox {}: {}", name, e.getMessage());
        above = Math.max(above, e.epoch());
        pause(pauses.notOurs);
      } catch (UntakenException | IOException e) {
        failed(String.valueOf(e.getMessage()));
      } catch (RuntimeException | OutOfMemoryError bug) { // the rim of this thread
        log.error("the outbox of namespace {} met a fault", namespace.name(), bug);
        failed(bug instanceof Error ? "there is no memory left here" : "a fault of ours");
      }
    }
    giveUp();
  }

  /** Another may be able to do it: he has the time to take it over. */
  private void failed(String why) {
    counters.failed().increment();
    failures++;
    most = Math.max(1, most / 2); // what was too much for one transaction may be two
    tell(why);
    giveUp();
    pause(failures == 1 ? backoff.before(1) : pauses.notOurs.plus(backoff.before(failures)));
  }

  private void tell(String why) {
    if (nanoTime() - saidNs > QUIET.toNanos()) {
      saidNs = nanoTime();
      log.warn("the outbox of namespace {} waits: {}", namespace.name(), why);
    }
  }

  private static long nanoTime() {
    return System.nanoTime();
  }

  private void giveUp() {
    try {
      lease.give();
    } catch (IOException e) {
      log.debug("the drain ends by itself: {}", e.getMessage());
    }
  }

  private void observe() throws IOException {
    feed.observe();
    backlog = feed.backlog();
  }

  /** Drains until somebody else does, or something fails. */
  private void drain() throws IOException, UntakenException, LostLeaseException {
    observe(); // also where the database is away
    Taken taken = rows.takeOver(namespace, name, above);
    if (!lease.belongsTo(taken.home())) {
      log.error(
          "the outbox of namespace {} in Redis is another database's; it is not drained to this one,"
              + " unless its key {} is deleted",
          namespace.name(),
          lease.homeKey());
      lease.give();
      pause(END_LIMIT);
      return;
    }
    byte[] last = taken.batch();
    feed.begin(last == null ? null : Round.of(last));
    draining = true;
    try {
      drain(taken.epoch());
    } finally {
      draining = false;
    }
  }

  private void drain(long epoch) throws IOException, UntakenException, LostLeaseException {
    while (!stopping) {
      lease.keep();
      Batch batch = feed.seal(epoch, most);
      backlog = feed.backlog();
      if (batch.unasked() != null) {
        tell(batch.unasked());
      }
      Item strange = batch.strange();
      if (strange != null) {
        bury(batch.round(), strange, "what was pending is nothing that Nearside writes");
      } else if (batch.items().isEmpty()) {
        pause(pauses.idle);
      } else {
        drain(epoch, batch);
      }
    }
  }

  private void drain(long epoch, Batch batch)
      throws IOException, UntakenException, LostLeaseException {
    List<Item> items = batch.items();
    List<byte[]> keys = items.stream().map(Item::key).toList();
    List<KeyState> states = items.stream().map(Item::state).toList();
    lease.keep();
    try {
      if (!rows.commit(namespace, name, epoch, batch.round().bytes(), keys, states)) {
        throw lost();
      }
    } catch (UntakenException e) {
      if (!e.isForGood()) {
        throw e;
      }
      if (items.size() == 1) {
        bury(batch.round(), items.getFirst(), String.valueOf(e.getMessage()));
      }
      most = Math.max(1, items.size() / 2);
      return;
    }
    feed.drained(batch.round());
    counters.drained().add(items.size());
    failures = 0;
    most = Math.min(MOST_KEYS, 2 * most);
  }

  /** At one Redis only who has the lease takes over at the database. */
  private LostLeaseException lost() throws IOException {
    if (lease.isHeld()) {
      throw new IOException(
          "a sidecar of another Redis, or of another of its databases, drains a namespace of this"
              + " name to the same database; expected a name for each");
    }
    return new LostLeaseException();
  }

  private void bury(Round round, Item item, String why) throws IOException, LostLeaseException {
    switch (feed.bury(round, item, why, namespace.outboxLimit())) {
      case BURIED -> {
        counters.dead().increment();
        log.warn("a write of namespace {} was put aside: {}", namespace.name(), why);
      }
      case WRITTEN_SINCE -> log.debug("namespace {}: written anew meanwhile", namespace.name());
      case FULL -> throw new IOException("no more can be put aside, see NEARSIDE.OUTBOX DEAD");
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
