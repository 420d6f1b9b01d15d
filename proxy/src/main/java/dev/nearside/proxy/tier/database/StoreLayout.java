package dev.nearside.proxy.tier.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * The store is one table for all namespaces, and its key is the whole key. A key is of one
 * namespace, so a column for that would tell nothing that the key does not; and a namespace that is
 * given another name or pattern keeps its values. A database of PostgreSQL is the store of one
 * Redis: two of them would share keys.
 *
 * Each migration leaves its number in the comment of the table. So one look says whether there is
 * anything to be done, whoever has run the migrations: this, an administrator by "nearside migrate",
 * or by hand what "nearside migrate --print" shows. Flyway is loaded only where there is.
 */

/** Sees to it that the tables of the long-term store are there. Thread-safe; blocks. */
final class StoreLayout {
  /** The newest migration. */
  static final int NEWEST = 2;

  private static final Logger log = LoggerFactory.getLogger(StoreLayout.class);
  private static final Pattern NUMBER = Pattern.compile("layout (\\d{1,9})$");
  private static final String COMMENT =
      """
      SELECT obj_description(c.oid, 'pg_class')
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'nearside' AND c.relname = 'entry'
      """;

  /** The schema is made, too, where there is none. */
  private static final String RIGHTS =
      """
      SELECT pg_is_in_recovery() AS standby, current_user AS who,
        CASE WHEN n.oid IS NULL THEN 'database ' || current_database() ELSE 'schema nearside' END
          AS place,
        CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE')
          ELSE has_schema_privilege(n.oid, 'CREATE') END AS may
      FROM (SELECT) AS one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = 'nearside'
      """;

  private final DatabaseTier.Settings settings;
  private final boolean migrates;

  /**
   * @param migrates whether a layout that is missing or old is to be made new; else that is a
   *     warning
   */
  StoreLayout(DatabaseTier.Settings settings, boolean migrates) {
    this.settings = settings;
    this.migrates = migrates;
  }

  /** Makes the tables where there are none or old ones, and asks whether they may be read. */
  Fit fit(Connection connection) throws SQLException {
    Fit missing = missing(connection);
    return missing == null ? allowed(connection, StoreRows.SELECT) : missing;
  }

  /** As {@link #fit}, and asks whether an outbox may be drained. */
  Fit fitOutbox(Connection connection) throws SQLException {
    Fit missing = missing(connection);
    return missing == null ? allowed(connection, OutboxRows.LOOK) : missing;
  }

  /** Returns what is wrong with the tables, once they were made where they may be, or null. */
  private @Nullable Fit missing(Connection connection) throws SQLException {
    if (number(connection) < NEWEST) {
      if (!migrates) {
        return Fit.warning(
            "the tables of the long-term store are not there yet; a start makes them");
      }
      String failure = migrate(connection);
      if (failure != null) {
        return Fit.misfit(
            "the tables of the long-term store are not there, and "
                + failure
                + "; expected to be made before, by nearside migrate as a user who may, or by the"
                + " SQL that nearside migrate --print shows");
      }
    }
    return null;
  }

  /** Asks whether {@code sql}, whose parameter is an array of bytea, may be run. */
  private static Fit allowed(Connection connection, String sql) throws SQLException {
    try (PreparedStatement explained = connection.prepareStatement("EXPLAIN " + sql)) {
      explained.setArray(1, connection.createArrayOf("bytea", new byte[0][]));
      explained.execute();
      return Fit.GOOD;
    } catch (SQLException e) {
      return Fit.misfit(
          QueryCheck.refusal(e) + "; expected the rights of nearside migrate --print");
    }
  }

  /**
   * Makes the layout the newest, if it is not; returns why that cannot be done, or null. Rights are
   * asked for first: Flyway would try for ten seconds without.
   *
   * @param connection any connection, for questions
   */
  @Nullable String migrate(Connection connection) throws SQLException {
    String obstacle = obstacle(connection);
    if (obstacle != null) {
      return obstacle;
    }
    long startedNs = System.nanoTime();
    try {
      StoreMigration.run(settings);
    } catch (StoreMigration.FailedException e) {
      return "cannot be made: " + e.getMessage();
    }
    log.info(
        "the tables of the long-term store are there, layout {}, after {} ms",
        NEWEST,
        (System.nanoTime() - startedNs) / 1_000_000);
    return null;
  }

  private static @Nullable String obstacle(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(RIGHTS)) {
      found.next();
      if (found.getBoolean("standby")) {
        return "cannot be made on a standby";
      }
      return found.getBoolean("may")
          ? null
          : "user "
              + found.getString("who")
              + " may not make them, who has no right to CREATE in "
              + found.getString("place");
    }
  }

  /** Returns the number of the layout that is there, 0 for none. */
  private static int number(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet comment = statement.executeQuery(COMMENT)) {
      String text = comment.next() ? comment.getString(1) : null;
      Matcher number = NUMBER.matcher(text == null ? "" : text);
      return number.find() ? Integer.parseInt(number.group(1)) : 0;
    }
  }
}
