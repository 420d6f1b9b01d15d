package dev.nearside.proxy.tier.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the reads of a namespace through to the database once its rows are known to be there as the
 * configuration says. What does not fit is looked at again every few seconds, while it is asked
 * for: somebody may mend the database. Thread-safe; blocks where a connection is given.
 */
final class FitGate {
  /** Asks the database. */
  @FunctionalInterface
  interface Check {
    Fit fit(Connection connection) throws SQLException;
  }

  private static final Logger log = LoggerFactory.getLogger(FitGate.class);
  private static final long AGAIN_NS = Duration.ofSeconds(5).toNanos();

  private final String subject;
  private final Check check;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean fits;
  private @Nullable String misfit; // these under the lock
  private @Nullable String told;
  private long checkedNs;

  /**
   * Creates a closed one.
   *
   * @param subject what complaints begin with: where the configuration says which rows are meant
   */
  FitGate(String subject, Check check, LongSupplier nanoTime) {
    this.subject = subject;
    this.check = check;
    this.nanoTime = nanoTime;
  }

  /**
   * Returns what does not fit, or null where all does: as it was found before, or is now.
   *
   * @param tell whether the log is told, once for each complaint
   * @throws SQLException when the database does not say
   */
  @Nullable String misfit(Connection connection, boolean tell) throws SQLException {
    if (fits) {
      return null;
    }
    lock.lock();
    try {
      if (!fits && (misfit == null || nanoTime.getAsLong() - checkedNs >= AGAIN_NS)) {
        take(check.fit(connection));
      }
      if (tell) {
        tell();
      }
      return misfit;
    } finally {
      lock.unlock();
    }
  }

  private void take(Fit found) {
    checkedNs = nanoTime.getAsLong();
    misfit = found.misfit() == null ? null : subject + ": " + found.misfit();
    fits = misfit == null;
    if (found.warning() != null) {
      log.warn("{}: {}", subject, found.warning());
    }
    if (fits && told != null) {
      log.info("{}: fits the database by now", subject);
    }
  }

  private void tell() {
    if (misfit != null && !misfit.equals(told)) {
      told = misfit;
      log.error("{}; reads of its keys are answered by an error", misfit);
    }
  }
}
