package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.tier.Timer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares all namespaces with the database as soon as it can be reached: at the start, which is
 * told what does not fit, or later, when the log is. Thread-safe.
 *
 * <p>On a connection of its own: the pool's would be asked for again and again for the whole of its
 * time-out before it says that the database is away, and the start waits for this.
 */
final class FirstCheck implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FirstCheck.class);
  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final Duration WITH_MIGRATIONS = Duration.ofSeconds(10);
  private static final long AGAIN_NS = Duration.ofSeconds(1).toNanos();

  private final Collection<FitGate> gates;
  private final DirectConnections connections;
  private final Timer timer;
  private final CompletableFuture<List<String>> first = new CompletableFuture<>();
  private volatile @Nullable Connection current;
  private volatile boolean stopping;

  FirstCheck(Collection<FitGate> gates, DirectConnections connections, Timer timer) {
    this.gates = List.copyOf(gates);
    this.connections = connections;
    this.timer = timer;
  }

  /** Begins; does not block. */
  void start() {
    if (!gates.isEmpty()) {
      Thread.ofVirtual().name("nearside-database-check").start(this::run);
    } else {
      first.complete(List.of());
    }
  }

  /**
   * Waits until the database was asked, or is known to be away, which takes two seconds at most; to
   * make the tables of the long-term store may take longer, and is waited for for ten.
   *
   * @return what does not fit; from then on the log is told
   */
  List<String> await() {
    try {
      return first.get(WITH_MIGRATIONS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      first.complete(List.of()); // nobody waits for the rest
      return first.join();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  /** Ends what is under way. */
  @Override
  public void close() {
    stopping = true;
    Connection open = current;
    if (open != null) {
      DirectConnections.abort(open);
    }
  }

  private void run() {
    try (Connection connection = connections.openToRead(LIMIT)) {
      current = connection;
      List<String> misfits = misfits(connection, gates, false);
      if (!first.complete(misfits)) {
        misfits(connection, gates, true);
      }
    } catch (SQLException e) {
      boolean isFirst = first.complete(List.of());
      if (isFirst && !stopping) {
        log.warn(
            "the database cannot be asked whether namespaces fit it: SQLSTATE {}; it is asked when"
                + " it can be",
            e.getSQLState());
      }
      var _ = timer.schedule(this::start, AGAIN_NS);
    } catch (RuntimeException bug) { // the rim of this virtual thread
      log.error("the check of the namespaces ended in a fault of ours", bug);
      first.complete(List.of());
    } finally {
      current = null;
    }
  }

  /** Returns the complaints about all namespaces. */
  static List<String> misfits(Connection connection, Collection<FitGate> gates, boolean tell)
      throws SQLException {
    List<String> misfits = new ArrayList<>();
    for (FitGate gate : gates) {
      String misfit = gate.misfit(connection, tell);
      if (misfit != null) {
        misfits.add(misfit);
      }
    }
    return misfits;
  }
}
