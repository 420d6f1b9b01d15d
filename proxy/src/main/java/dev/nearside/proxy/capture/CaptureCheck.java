package dev.nearside.proxy.capture;

import dev.nearside.proxy.capture.TableCheck.Found;
import dev.nearside.proxy.tier.database.DirectConnections;
import dev.nearside.proxy.tier.database.MisfitException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks whether a database is fit for change capture, and says what to run where not. Blocks. */
final class CaptureCheck {
  private static final int OLDEST = 130_000;
  private static final String NO_RIGHT = "42501";

  private final Captured captured;
  private final String subject;

  /**
   * Creates the check.
   *
   * @param subject what complaints begin with
   */
  CaptureCheck(Captured captured, String subject) {
    this.captured = captured;
    this.subject = subject;
  }

  /**
   * Returns the captured tables by their numbers in the database; makes the publication where there
   * is none.
   *
   * @throws MisfitException if they cannot be captured
   */
  Map<Integer, CapturedTable> check(Connection connection) throws SQLException {
    List<String> misfits = new ArrayList<>();
    Map<CapturedTable, Found> found = new LinkedHashMap<>();
    int version = number(connection, "SHOW server_version_num");
    if (version < OLDEST) {
      throw misfit(List.of("the database is older than PostgreSQL 13; expected that or newer"));
    }
    String level = text(connection, "SHOW wal_level");
    if (!level.equals("logical")) {
      misfits.add(
          "the database runs with wal_level = %s; expected wal_level = logical, which takes a restart"
              .formatted(level));
    }
    TableCheck tables = new TableCheck(connection);
    for (CapturedTable table : captured.tables()) {
      Found one = tables.find(table.name());
      String misfit = one == null ? "there is no table " + table.name() : tables.misfit(table, one);
      if (one != null) {
        found.put(table, one);
      }
      if (misfit != null) {
        misfits.add(misfit);
      }
    }
    if (misfits.isEmpty()) {
      misfits.addAll(
          new PublicationCheck(connection, captured.publication(), version).misfits(found));
    }
    if (!misfits.isEmpty()) {
      throw misfit(misfits);
    }
    Map<Integer, CapturedTable> byOid = new HashMap<>();
    found.forEach((table, one) -> byOid.put(one.oid(), table));
    return byOid;
  }

  /**
   * Opens a connection for replication; the caller closes it.
   *
   * @throws MisfitException if the user may not
   */
  Connection replicate(DirectConnections connections, Duration limit, Connection asked)
      throws SQLException {
    try {
      return connections.openToReplicate(limit);
    } catch (SQLException e) {
      if (NO_RIGHT.equals(e.getSQLState())) {
        String user = text(asked, "SELECT quote_ident(current_user)");
        throw misfit(
            List.of(
                "user %s may not read the log of changes; expected ALTER ROLE %s REPLICATION, by a superuser"
                    .formatted(user, user)));
      }
      throw e;
    }
  }

  private MisfitException misfit(List<String> misfits) {
    return new MisfitException(misfits.stream().map(each -> subject + ": " + each).toList());
  }

  private static int number(Connection connection, String sql) throws SQLException {
    return Integer.parseInt(text(connection, sql));
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
