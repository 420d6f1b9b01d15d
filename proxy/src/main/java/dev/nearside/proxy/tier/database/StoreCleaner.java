package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes the expired rows of the long-term store: a thousand in a statement, a moment between two
 * statements, and about a minute when nothing is left. All sidecars do; none waits for another, or
 * for a writer: rows that somebody else has locked are left for later. Runs on a virtual thread of
 * its own.
 */
final class StoreCleaner implements AutoCloseable {
  /**
   * How it goes.
   *
   * @param batch the most rows that one statement deletes
   * @param pause between a full batch and the next
   * @param interval when nothing more has expired, give or take a fifth
   */
  record Pace(int batch, Duration pause, Duration interval) {
    static final Pace DEFAULT = new Pace(1_000, Duration.ofMillis(200), Duration.ofMinutes(1));
  }

  private static final Logger log = LoggerFactory.getLogger(StoreCleaner.class);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** The rows are locked where they are found, so that they are still there when deleted. */
  private static final String DELETE =
      """
      DELETE FROM nearside.entry WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM nearside.entry WHERE expires_at <= clock_timestamp()
        ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED))
      """;

  private final DirectConnections connections;
  private final Pace pace;
  private final LongAdder deleted;
  private final LongAdder cleanings;
  private final LongAdder failures;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile @Nullable Connection current;
  private boolean complained;

  StoreCleaner(DirectConnections connections, Pace pace, Metrics metrics) {
    this.connections = connections;
    this.pace = pace;
    this.deleted = metrics.counter(Metric.STORE_EXPIRED);
    this.cleanings = metrics.counter(Metric.STORE_CLEANINGS, "ok");
    this.failures = metrics.counter(Metric.STORE_CLEANINGS, "error");
  }

  /** Begins; does not block. */
  void start() {
    Thread.ofVirtual().name("nearside-store-cleaner").start(this::run);
  }

  /** Ends it, and the statement under way; does not block. */
  @Override
  public void close() {
    stopped.countDown();
    Connection open = current;
    if (open != null) {
      DirectConnections.abort(open);
    }
  }

  private void run() {
    try {
      while (!stopped.await(untilNext(), TimeUnit.NANOSECONDS)) {
        clean();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException bug) { // the rim of this virtual thread
      log.error("the cleaning of the long-term store ended in a fault of ours", bug);
    }
  }

  private long untilNext() {
    long nanos = pace.interval().toNanos();
    return nanos - nanos / 5 + ThreadLocalRandom.current().nextLong(1 + nanos / 5 * 2);
  }

  private void clean() throws InterruptedException {
    try (Connection connection = connections.open(LIMIT);
        PreparedStatement delete = connection.prepareStatement(DELETE)) {
      current = connection;
      delete.setInt(1, pace.batch());
      int count;
      do {
        count = delete.executeUpdate();
        deleted.add(count);
        cleanings.increment();
      } while (count == pace.batch()
          && !stopped.await(pace.pause().toNanos(), TimeUnit.NANOSECONDS));
      complained = false;
    } catch (SQLException e) {
      if (stopped.getCount() > 0) {
        failed(e);
      }
    } finally {
      current = null;
    }
  }

  private void failed(SQLException e) {
    failures.increment();
    if (!complained) {
      complained = true;
      log.warn(
          "expired rows of the long-term store are not deleted by this sidecar: {}",
          QueryCheck.saidOf(e));
    }
  }
}
