package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.tier.Ticks;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A statement, until it is closed: cancelled a second after its time, and again should that have
 * come before it had begun. As the driver's query time-out would, which takes a timer task and a
 * lock shared by all connections for each statement.
 *
 * <p>The driver itself sees to it that no cancel reaches the statement that comes next on the same
 * connection: it sends none for one that has ended, and lets none end before it is sent.
 */
final class RunningStatement implements Ticks.Ticked, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RunningStatement.class);

  /** The server's own time-out is to come first: to cancel takes another connection to it. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Statement statement;
  private long cancelNanos;
  private volatile boolean ended;

  RunningStatement(Statement statement, long deadlineNanos) {
    this.statement = statement;
    this.cancelNanos = deadlineNanos + GRACE_NANOS;
  }

  /** Has {@code statement} watched until what this returns is closed. */
  static RunningStatement watch(Statement statement, long deadlineNanos, Ticks ticks) {
    RunningStatement running = new RunningStatement(statement, deadlineNanos);
    ticks.add(running);
    return running;
  }

  @Override
  public boolean tick(long nowNs) {
    if (!ended && nowNs - cancelNanos >= 0) {
      cancelNanos = nowNs + GRACE_NANOS;
      Thread.ofVirtual().name("nearside-database-cancel").start(this::cancel);
    }
    return !ended;
  }

  /** Asks the server on a connection of its own, and so blocks. */
  private void cancel() {
    if (ended) {
      return;
    }
    try {
      statement.cancel();
    } catch (SQLException e) {
      log.debug("a statement cannot be cancelled: SQLSTATE {}", e.getSQLState());
    }
  }

  @Override
  public void close() {
    ended = true;
  }
}
