package dev.nearside.proxy.tier.database;

import com.zaxxer.hikari.HikariConfig;

/** Sets up HikariCP and the PostgreSQL driver so that nothing waits without an end. */
final class ConnectionPool {
  private static final long MIN_HIKARI_TIMEOUT_MS = 250; // HikariCP refuses less

  private ConnectionPool() {}

  /**
   * Returns a pool that opens its first connection in the background: a database that is down does
   * not stop the start. Its connections only read, each statement a transaction of its own. Whoever
   * calls closes it.
   */
  static Connections open(DatabaseTier.Settings settings) {
    HikariConfig config = config(settings);
    config.setPoolName("nearside-database"); // names its threads too
    config.setAutoCommit(true);
    config.setReadOnly(true);
    return new Connections(config);
  }

  /**
   * As {@link #open}, but its connections write: each has a transaction, which sees what others
   * have committed meanwhile, and which the server ends where nobody says anything for too long.
   */
  static Connections openToWrite(DatabaseTier.Settings settings) {
    HikariConfig config = config(settings);
    config.setPoolName("nearside-database-writes");
    config.setAutoCommit(false);
    config.setIsolateInternalQueries(
        true); // else the first rollback takes the session's settings back
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    config.setConnectionInitSql(
        config.getConnectionInitSql()
            + "; SET idle_in_transaction_session_timeout = "
            + 2 * settings.timeout().toMillis());
    return new Connections(config);
  }

  private static HikariConfig config(DatabaseTier.Settings settings) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(settings.url());
    config.setUsername(settings.user());
    config.setPassword(settings.password());
    config.setMaximumPoolSize(settings.poolSize());
    config.setMinimumIdle(1);
    config.setInitializationFailTimeout(-1);
    long timeoutMs = settings.timeout().toMillis();
    // Less than the whole deadline, so that "no connection" is told from "too slow".
    config.setConnectionTimeout(Math.max(MIN_HIKARI_TIMEOUT_MS, timeoutMs * 3 / 4));
    config.setValidationTimeout(Math.max(MIN_HIKARI_TIMEOUT_MS, timeoutMs / 2));
    config.setConnectionInitSql(DirectConnections.sessionSettings(settings.timeout()));
    DirectConnections.driverSettings(settings.timeout()).forEach(config::addDataSourceProperty);
    return config;
  }
}
