package dev.nearside.proxy.capture;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;

/*
 * The log tells of a commit as soon as it is written, and queries on other connections see it a
 * little later: when its transaction has left the list of running ones, which may wait for a
 * standby. A key that were deleted in between would be filled again from what queries still see,
 * and nothing would tell of the change a second time. So nothing is deleted before queries see it.
 */

/** Says whether queries see what the log has told. Blocks; for one thread. */
final class Snapshots {
  /** Numbers in the log lack their upper half; they are near those of now. */
  private static final String SEEN =
      """
      WITH now AS MATERIALIZED (SELECT pg_current_snapshot() AS snapshot),
        top AS (SELECT snapshot, pg_snapshot_xmax(snapshot)::text::int8 AS xmax FROM now),
        told AS (SELECT snapshot, xmax,
          (each - (xmax & 4294967295) + 6442450944) % 4294967296 - 2147483648 AS distance
          FROM top, unnest(?::int8[]) AS each)
      SELECT coalesce(bool_and(
        pg_visible_in_snapshot((xmax + distance)::text::xid8, snapshot)), true) FROM told
      """;

  /** Whether each transaction that {@code ?}, a snapshot, shows is shown to queries, too. */
  private static final String COVERED =
      """
      WITH now AS MATERIALIZED (SELECT pg_current_snapshot() AS snapshot),
        asked AS (SELECT ?::text::pg_snapshot AS shown)
      SELECT NOT EXISTS (
          SELECT FROM now, asked, pg_snapshot_xip(snapshot) AS running
          WHERE pg_visible_in_snapshot(running, shown))
        AND NOT EXISTS (
          SELECT FROM now, asked, generate_series(
            pg_snapshot_xmax(snapshot)::text::int8, pg_snapshot_xmax(shown)::text::int8 - 1) AS later
          WHERE pg_visible_in_snapshot(later::text::xid8, shown))
      """;

  private final Connection connection;

  Snapshots(Connection connection) {
    this.connection = connection;
  }

  /** Returns the snapshot that is exported by this name. */
  String of(String exported) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      statement.execute("SET TRANSACTION SNAPSHOT '" + exported + "'");
      try (ResultSet row = statement.executeQuery("SELECT pg_current_snapshot()::text")) {
        row.next();
        return row.getString(1);
      }
    } finally {
      connection.rollback();
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      connection.setAutoCommit(true);
    }
  }

  /** Returns whether queries see all that a snapshot shows. */
  boolean cover(String snapshot) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(COVERED)) {
      statement.setString(1, snapshot);
      return isTrue(statement);
    }
  }

  /** Returns whether queries see these transactions, by the lower halves of their numbers. */
  boolean see(Collection<Integer> xids) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SEEN)) {
      Long[] numbers = xids.stream().map(Integer::toUnsignedLong).toArray(Long[]::new);
      statement.setArray(1, connection.createArrayOf("int8", numbers));
      return isTrue(statement);
    }
  }

  private static boolean isTrue(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getBoolean(1);
    }
  }
}
