package dev.nearside.benchmarks.capture;

import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/** Others who change and read rows meanwhile, each at a pace that leaves the machine some room. */
final class Crowd implements AutoCloseable {
  private static final int FIRST = 1_001; // not the rows that are measured
  private static final long PAUSE_NS = 4_000_000;

  private final Site site;
  private final List<Thread> threads = new ArrayList<>();
  private final LongAdder changes = new LongAdder();
  private final LongAdder reads = new LongAdder();
  private final long startedNs = System.nanoTime();
  private volatile boolean stopped;

  /** Begins with this many of each. */
  Crowd(Site site, int writers, int readers) {
    this.site = site;
    for (int i = 0; i < writers; i++) {
      threads.add(Thread.ofPlatform().daemon().name("writer-" + i).start(this::write));
    }
    for (int i = 0; i < readers; i++) {
      threads.add(Thread.ofPlatform().daemon().name("reader-" + i).start(this::read));
    }
  }

  /** Returns how many rows were changed in a second. */
  double changesPerSecond() {
    return changes.sum() * 1e9 / (System.nanoTime() - startedNs);
  }

  /** Returns how many reads were answered in a second. */
  double readsPerSecond() {
    return reads.sum() * 1e9 / (System.nanoTime() - startedNs);
  }

  private void write() {
    try (Connection connection = site.postgres().connect();
        PreparedStatement update =
            connection.prepareStatement("UPDATE row SET value = ? WHERE id = ?")) {
      while (!stopped) {
        update.setString(1, "crowd " + System.nanoTime());
        update.setLong(2, anyRow());
        update.executeUpdate();
        changes.increment();
        LockSupport.parkNanos(PAUSE_NS);
      }
    } catch (SQLException e) {
      throw new ServerException("a row cannot be changed: " + e.getMessage(), e);
    }
  }

  private void read() {
    try (RedisConnection client = RedisConnection.open(site.port())) {
      while (!stopped) {
        client.call("GET", "row:" + anyRow());
        reads.increment();
        LockSupport.parkNanos(PAUSE_NS);
      }
    } catch (IOException e) {
      throw new ServerException("a row cannot be read: " + e.getMessage(), e);
    }
  }

  private static long anyRow() {
    return ThreadLocalRandom.current().nextLong(FIRST, Site.ROWS + 1);
  }

  @Override
  public void close() {
    stopped = true;
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
