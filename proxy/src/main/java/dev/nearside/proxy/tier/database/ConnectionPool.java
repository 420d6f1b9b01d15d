package dev.nearside.proxy.tier.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;

/** Sets up HikariCP and the PostgreSQL driver so that nothing waits without an end. */
final class ConnectionPool {
  private static final long MIN_HIKARI_TIMEOUT_MS = 250; // HikariCP refuses less

  private ConnectionPool() {}

  /**
   * Returns a pool that opens its first connection in the background: a database that is down does
   * not stop the start. Its connections only read, each statement a transaction of its own. Whoever
   * calls closes it.
   */
  static HikariDataSource open(DatabaseTier.Settings settings) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("nearside-database"); // names its threads too
    config.setJdbcUrl(settings.url());
    config.setUsername(settings.user());
    config.setPassword(settings.password());
    config.setMaximumPoolSize(settings.poolSize());
    config.setMinimumIdle(1);
    config.setInitializationFailTimeout(-1);
    config.setAutoCommit(true);
    config.setReadOnly(true);
    long timeoutMs = settings.timeout().toMillis();
    // Less than the whole deadline, so that "no connection" is told from "too slow".
    config.setConnectionTimeout(Math.max(MIN_HIKARI_TIMEOUT_MS, timeoutMs * 3 / 4));
    config.setValidationTimeout(Math.max(MIN_HIKARI_TIMEOUT_MS, timeoutMs / 2));
    config.setConnectionInitSql(DirectConnections.sessionSettings(settings.timeout()));
    DirectConnections.driverSettings(settings.timeout()).forEach(config::addDataSourceProperty);
    return new HikariDataSource(config);
  }
}
