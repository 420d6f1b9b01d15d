package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.namespace.Part;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Asks whether a table can hold two rows for one key. */
final class TableIndexes {
  /**
   * Of a table that can have indexes: whether one that is unique, whole and of columns only has no
   * column that is not a part of the key.
   */
  private static final String COVERED =
      """
      SELECT EXISTS (
        SELECT FROM pg_catalog.pg_index i
        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
          AND i.indpred IS NULL AND i.indexprs IS NULL
          AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = c.oid
              AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
              AND a.attname::text <> ALL (?)))
      FROM pg_catalog.pg_class c
      WHERE c.oid = to_regclass(?) AND c.relkind IN ('r', 'p', 'm')
      """;

  private final Connection connection;
  private final Table table;

  TableIndexes(Connection connection, Table table) {
    this.connection = connection;
    this.table = table;
  }

  /** Returns what is to be said where two rows may have one key, else null. */
  @Nullable String warning(List<Part> parts) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(COVERED)) {
      String[] names = parts.stream().map(Part::name).toArray(String[]::new);
      statement.setArray(1, connection.createArrayOf("text", names));
      statement.setString(2, TableQuery.quoted(table));
      try (ResultSet found = statement.executeQuery()) {
        return !found.next() || found.getBoolean(1) ? null : warningOf(parts);
      }
    }
  }

  private String warningOf(List<Part> parts) {
    String columns = parts.stream().map(Part::name).collect(Collectors.joining(", "));
    return "no unique index of table "
        + table
        + " is of "
        + columns
        + " alone: of two rows with one key either may answer, and each read may scan the table";
  }
}
