package dev.nearside.proxy.tier.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;

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
    // Text forms must not depend on the machine; the server itself ends what the deadline has left.
    config.setConnectionInitSql(
        "SET TIME ZONE 'UTC'; SET statement_timeout = " + Math.max(1, timeoutMs));
    addDriverSettings(config, wholeSeconds(settings.timeout()));
    return new HikariDataSource(config);
  }

  /** Returns the duration in seconds, rounded up, at least 1: JDBC's unit. */
  static int wholeSeconds(Duration duration) {
    return (int) Math.max(1, duration.plusMillis(999).toSeconds());
  }

  private static void addDriverSettings(HikariConfig config, int timeoutSeconds) {
    config.addDataSourceProperty("ApplicationName", "nearside");
    config.addDataSourceProperty("connectTimeout", Integer.toString(timeoutSeconds));
    config.addDataSourceProperty("loginTimeout", Integer.toString(timeoutSeconds));
    config.addDataSourceProperty("socketTimeout", Integer.toString(timeoutSeconds + 1));
    config.addDataSourceProperty("cancelSignalTimeout", "1");
    config.addDataSourceProperty("tcpKeepAlive", "true");
    config.addDataSourceProperty("readOnlyMode", "always");
    // Values arrive as the server writes them, however often a statement has run. Sent in binary,
    // times, fractions and arrays would be written by the driver, in its own way.
    config.addDataSourceProperty("binaryTransfer", "false");
    config.addDataSourceProperty("binaryTransferEnable", "BYTEA,INT8,UUID");
    config.addDataSourceProperty("binaryTransferDisable", "POINT,BOX"); // else on by themselves
  }
}
