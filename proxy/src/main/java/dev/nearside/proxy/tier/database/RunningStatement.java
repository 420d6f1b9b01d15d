package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.tier.Ticks;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A statement, until it is closed: cancelled when its time is over, and its connection cut when
 * that has not helped. As the driver's query time-out and the socket's would, of which the first
 * takes a timer task and a lock shared by all connections for each statement, the second a timer of
 * the JDK's scheduler for each wait of a virtual thread.
 */
final class RunningStatement implements Ticks.Ticked, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RunningStatement.class);
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What may block, and fail. */
  @FunctionalInterface
  private interface Step {
    void run() throws SQLException;
  }

  private final Statement statement;
  private final long deadlineNanos;
  private final AtomicBoolean ended = new AtomicBoolean();
  private boolean cancelled;

  private RunningStatement(Statement statement, long deadlineNanos) {
    this.statement = statement;
    this.deadlineNanos = deadlineNanos;
  }

  /** Has {@code statement} watched until what this returns is closed. */
  static RunningStatement watch(Statement statement, long deadlineNanos, Ticks ticks) {
    RunningStatement running = new RunningStatement(statement, deadlineNanos);
    ticks.add(running);
    return running;
  }

  @Override
  public boolean tick(long nowNs) {
    long overdueNs = nowNs - deadlineNanos;
    if (ended.get()) {
      return false;
    }
    if (overdueNs >= GRACE_NANOS) {
      beside(() -> statement.getConnection().abort(Runnable::run));
      return false;
    }
    if (overdueNs >= 0 && !cancelled) {
      cancelled = true;
      beside(statement::cancel);
    }
    return true;
  }

  /** Cancelling asks the server on a connection of its own, and so blocks. */
  private static void beside(Step step) {
    Thread.ofVirtual()
        .name("nearside-database-cancel")
        .start(() -> {
          try {
            step.run(); // where the statement has just ended, it finds nothing to do
          } catch (SQLException e) {
            log.debug("a statement cannot be ended: SQLSTATE {}", e.getSQLState());
          }
        });
  }

  @Override
  public void close() {
    ended.set(true);
  }
}
