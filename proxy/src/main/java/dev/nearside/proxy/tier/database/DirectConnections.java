package dev.nearside.proxy.tier.database;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections beside the pool: it waits for a database that is away, and its connections only
 * read. Thread-safe; blocks; what is opened belongs to the caller.
 */
public final class DirectConnections {
  private static final Logger log = LoggerFactory.getLogger(DirectConnections.class);

  private final DatabaseTier.Settings settings;

  /** Opens connections to that database. */
  public DirectConnections(DatabaseTier.Settings settings) {
    this.settings = settings;
  }

  /** Opens one that only reads, each statement a transaction of its own. */
  Connection openToRead(Duration limit) throws SQLException {
    Connection connection = open(limit);
    try {
      connection.setReadOnly(true);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Opens one that may write.
   *
   * @param limit bound on the connect, and on each statement
   */
  public Connection open(Duration limit) throws SQLException {
    Connection connection =
        DriverManager.getConnection(settings.url(), withUser(driverSettings(limit)));
    try (Statement statement = connection.createStatement()) {
      statement.execute(sessionSettings(limit));
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Opens one for the replication of changes, of which nothing but its end interrupts a wait.
   *
   * @param limit bound on the connect
   */
  public Connection openToReplicate(Duration limit) throws SQLException {
    Map<String, String> driver = new HashMap<>(driverSettings(limit));
    driver.put("socketTimeout", "0"); // making a slot waits for every transaction that is open
    driver.put("replication", "database");
    driver.put("preferQueryMode", "simple");
    driver.put("assumeMinServerVersion", "13");
    driver.put("options", "-c bytea_output=hex -c statement_timeout=0");
    return DriverManager.getConnection(settings.url(), withUser(driver));
  }

  private Properties withUser(Map<String, String> driver) {
    Properties properties = new Properties();
    driver.forEach(properties::setProperty);
    if (settings.user() != null) {
      properties.setProperty("user", settings.user());
    }
    if (settings.password() != null) {
      properties.setProperty("password", settings.password());
    }
    return properties;
  }

  /** Returns the database's message, on one line. */
  public static String saidOf(SQLException e) {
    return QueryCheck.saidOf(e);
  }

  /** Ends a connection, whatever it is doing, for whoever uses it. */
  public static void abort(Connection open) {
    try {
      open.abort(Runnable::run);
    } catch (SQLException e) {
      log.debug("a connection cannot be aborted: SQLSTATE {}", e.getSQLState());
    }
  }

  /**
   * What every session is told first: text forms must not depend on the machine; and the server
   * itself ends what the deadline has left.
   */
  static String sessionSettings(Duration limit) {
    return "SET TIME ZONE 'UTC'; SET statement_timeout = " + Math.max(1, limit.toMillis());
  }

  /** Returns what the driver is told, so that nothing waits without an end. */
  static Map<String, String> driverSettings(Duration limit) {
    int seconds = wholeSeconds(limit);
    return Map.ofEntries(
        Map.entry("ApplicationName", "nearside"),
        Map.entry("connectTimeout", Integer.toString(seconds)),
        Map.entry("loginTimeout", Integer.toString(seconds)),
        Map.entry("socketTimeout", Integer.toString(seconds + 1)),
        Map.entry("cancelSignalTimeout", "1"),
        Map.entry("tcpKeepAlive", "true"),
        Map.entry("readOnlyMode", "always"),
        // Values arrive as the server writes them, however often a statement has run. Sent in
        // binary, times, fractions and arrays would be written by the driver, in its own way.
        Map.entry("binaryTransfer", "false"),
        Map.entry("binaryTransferEnable", "BYTEA,INT8,UUID"),
        Map.entry("binaryTransferDisable", "POINT,BOX")); // else on by themselves
  }

  /** Returns the duration in seconds, rounded up, at least 1: JDBC's unit. */
  private static int wholeSeconds(Duration duration) {
    return (int) Math.max(1, duration.plusMillis(999).toSeconds());
  }
}
