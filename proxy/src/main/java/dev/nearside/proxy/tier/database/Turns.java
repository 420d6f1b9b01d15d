package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.tier.Timer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/*
 * Who uses a connection next.
 *
 * There are as many permits as connections. A queue with waiting reads stands in one line, at most
 * once. Whoever adds a read, and whoever gives a permit back, matches the line with the free
 * permits; each match becomes a virtual thread that drains one batch. No thread ever waits for a
 * permit, so that event loops may call this.
 *
 * No read is forgotten: a queue is taken out of the line before it is drained, so a read added
 * while it stood there is drained; and a queue that may not run more batches is looked at again by
 * the one that gives its permit back, after it has counted itself out.
 *
 * Fewer, larger statements: what a statement costs, here and at the database, is more than what a row
 * costs. A queue none of whose batches runs gets one at once. Beside one that runs, another begins
 * when so many reads wait that it is worth it, or when they have waited for a moment, since the one
 * that runs may be slow; and when the one that runs has ended, whatever waits.
 *
 * With more than one queue each may hold only half of the permits: a table that hangs takes its own
 * namespace down, not the others.
 */
final class Turns {
  /** So many reads are worth a statement beside another. */
  private static final int WORTH_IT = 128;

  private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(1);

  private final int permitCount;
  private final int worthIt;
  private final int maxPerQueue;
  private final Consumer<ReadQueue> batch;
  private final Timer timer;
  private final Semaphore permits;
  private final Queue<ReadQueue> line = new ConcurrentLinkedQueue<>();
  private final ThreadFactory threads =
      Thread.ofVirtual().name("nearside-database-reader-", 0).factory();

  /**
   * @param batch drains and answers one batch; must not throw
   * @param timer runs what is due in a moment
   */
  Turns(DatabaseTier.Settings settings, int queueCount, Consumer<ReadQueue> batch, Timer timer) {
    this.timer = timer;
    this.permitCount = settings.poolSize();
    this.worthIt = Math.min(WORTH_IT, settings.maxBatch());
    this.maxPerQueue = queueCount < 2 ? permitCount : Math.max(1, permitCount / 2);
    this.batch = batch;
    this.permits = new Semaphore(permitCount);
  }

  int running() {
    return permitCount - permits.availablePermits();
  }

  /** Gets the queue a batch of its own as soon as it is worth one and a permit is free. */
  void request(ReadQueue queue) {
    int running = queue.running.get();
    if (running == 0 || queue.size() >= queue.rows().mostKeys(worthIt)) {
      demand(queue);
    } else if (!queue.isEmpty() && queue.patient.compareAndSet(false, true)) {
      var _ = timer.schedule(() -> outOfPatience(queue), PATIENCE_NS);
    }
  }

  private void outOfPatience(ReadQueue queue) {
    queue.patient.set(false);
    demand(queue);
  }

  private void demand(ReadQueue queue) {
    boolean mayRun = !queue.isEmpty() && queue.running.get() < maxPerQueue;
    if (mayRun && queue.inLine.compareAndSet(false, true)) {
      line.add(queue);
    }
    match();
  }

  /** Waits until nothing runs and lets nothing run afterwards; returns false if the time is up. */
  boolean drain(Duration limit) {
    try {
      return permits.tryAcquire(permitCount, limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void match() {
    while (!line.isEmpty() && permits.tryAcquire()) {
      ReadQueue next = line.poll();
      if (next == null) {
        permits.release(); // another thread took it; the line is looked at once more
      } else {
        next.running.incrementAndGet();
        threads.newThread(() -> run(next)).start();
      }
    }
  }

  private void run(ReadQueue queue) {
    try {
      queue.inLine.set(false);
      batch.accept(queue);
    } finally {
      queue.running.decrementAndGet();
      permits.release();
      demand(queue);
    }
  }
}
