package dev.nearside.proxy.capture;

import dev.nearside.proxy.capture.TableCheck.Found;
import dev.nearside.proxy.tier.database.DirectConnections;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks whether a publication tells every change of the captured tables. Blocks. */
final class PublicationCheck {
  private static final Logger log = LoggerFactory.getLogger(PublicationCheck.class);

  /** What a database says to a statement that it does not let this user, or anybody now, run. */
  private static final List<String> REFUSALS = List.of("42501", "25006");

  /** Somebody else has made it meanwhile. */
  private static final List<String> THERE_BY_NOW = List.of("42710", "23505");

  private static final String FIND =
      """
      SELECT quote_ident(p.pubname), p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate
      FROM (SELECT) AS one LEFT JOIN pg_publication p ON p.pubname = ?
      """;

  /** From 15 on, a publication may leave rows and columns out. */
  private static final String FILTERS =
      "rowfilter IS NOT NULL AS filtered, attnames::text[] AS columns";

  private static final String NO_FILTERS = "false AS filtered, NULL::text[] AS columns";
  private static final int FIRST_WITH_FILTERS = 150_000;

  private final Connection connection;
  private final String name;
  private final int version;

  /**
   * Creates the check of the publication called {@code name}.
   *
   * @param version the server's
   */
  PublicationCheck(Connection connection, String name, int version) {
    this.connection = connection;
    this.name = name;
    this.version = version;
  }

  /** Returns what does not fit; makes the publication first if there is none. */
  List<String> misfits(Map<CapturedTable, Found> tables) throws SQLException {
    String misfit = misfit(tables);
    if (misfit != null) {
      return List.of(misfit);
    }
    List<String> misfits = new ArrayList<>();
    for (Map.Entry<CapturedTable, Found> table : tables.entrySet()) {
      String one = misfit(table.getKey(), table.getValue());
      if (one != null) {
        misfits.add(one);
      }
    }
    return misfits;
  }

  private @Nullable String misfit(Map<CapturedTable, Found> tables) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FIND)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (row.getString(1) == null) {
          return make(tables);
        }
        return row.getBoolean(2)
            ? null
            : "publication %s does not publish every change; expected ALTER PUBLICATION %s SET (publish = 'insert, update, delete, truncate')"
                .formatted(name, row.getString(1));
      }
    }
  }

  private @Nullable String make(Map<CapturedTable, Found> tables) throws SQLException {
    String sql =
        "CREATE PUBLICATION "
            + '"'
            + name.replace("\"", "\"\"")
            + '"'
            + " FOR TABLE "
            + tables.values().stream().map(Found::quoted).collect(Collectors.joining(", "));
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
      log.info("made the publication that change capture reads: {}", sql);
      return null;
    } catch (SQLException e) {
      if (THERE_BY_NOW.contains(e.getSQLState())) {
        return null;
      }
      if (!REFUSALS.contains(e.getSQLState())) {
        throw e;
      }
      return "there is no publication %s, and the database says: %s; expected %s, by a user who may"
          .formatted(name, DirectConnections.saidOf(e), sql);
    }
  }

  private @Nullable String misfit(CapturedTable captured, Found found) throws SQLException {
    String sql =
        "SELECT t.name IS NOT NULL, t.filtered, NOT ?::text[] <@ coalesce(t.columns, ?::text[])"
            + " FROM (SELECT) AS one LEFT JOIN (SELECT format('%I.%I', schemaname, tablename) AS name, "
            + (version < FIRST_WITH_FILTERS ? NO_FILTERS : FILTERS)
            + " FROM pg_publication_tables WHERE pubname = ?) AS t ON t.name = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      Object keys = connection.createArrayOf("text", captured.keyColumns().toArray(String[]::new));
      statement.setObject(1, keys);
      statement.setObject(2, keys);
      statement.setString(3, name);
      statement.setString(4, found.quoted());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (!row.getBoolean(1)) {
          return "publication %s lacks %s; expected ALTER PUBLICATION \"%s\" ADD TABLE %s"
              .formatted(name, found.quoted(), name, found.quoted());
        }
        return row.getBoolean(2) || row.getBoolean(3)
            ? "publication %s tells only a part of %s; expected all rows, and the columns of its keys"
                .formatted(name, found.quoted())
            : null;
      }
    }
  }
}
