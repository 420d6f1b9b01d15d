package dev.nearside.proxy.capture;

import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.namespace.Namespace;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks whether the changes of a table can be captured. Blocks. */
final class TableCheck {
  /**
   * A table as the database has it.
   *
   * @param quoted its name as SQL
   * @param kind r for a plain one
   * @param persistence p for one that is in the log
   * @param inherited whether other tables' rows are read with its own
   * @param identity the columns that a DELETE tells
   */
  record Found(
      int oid,
      String quoted,
      String kind,
      String persistence,
      boolean inherited,
      List<String> identity) {}

  private static final String FIND =
      """
      SELECT c.oid::int8, format('%I.%I', n.nspname, c.relname), c.relkind::text,
        c.relpersistence::text, EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid),
        ARRAY(
          SELECT a.attname::text FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            AND (c.relreplident = 'f' OR EXISTS (
              SELECT FROM pg_index i
              WHERE i.indrelid = c.oid AND i.indimmediate AND i.indisvalid
                AND CASE c.relreplident WHEN 'd' THEN i.indisprimary
                  WHEN 'i' THEN i.indisreplident ELSE false END
                AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))))
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relname = ? AND CASE WHEN ?::text IS NULL THEN pg_table_is_visible(c.oid)
        ELSE n.nspname = ? END
      """;

  /** An index that could be the identity: of all these columns, none of which may be null. */
  private static final String INDEX =
      """
      SELECT quote_ident(x.relname) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
      WHERE i.indrelid = ?::oid AND i.indisunique AND i.indimmediate AND i.indisvalid
        AND i.indpred IS NULL AND i.indexprs IS NULL
        AND NOT EXISTS (
          SELECT FROM pg_attribute a
          WHERE a.attrelid = i.indrelid AND NOT a.attnotnull
            AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
        AND NOT EXISTS (
          SELECT FROM unnest(?::text[]) AS wanted(name)
          WHERE NOT EXISTS (
            SELECT FROM pg_attribute a
            WHERE a.attrelid = i.indrelid AND a.attname = wanted.name
              AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])))
      ORDER BY i.indnkeyatts, x.relname LIMIT 1
      """;

  private final Connection connection;

  TableCheck(Connection connection) {
    this.connection = connection;
  }

  /** Returns the table, or null where there is none of that name. */
  @Nullable Found find(Table table) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FIND)) {
      statement.setString(1, table.name());
      statement.setString(2, table.schema());
      statement.setString(3, table.schema());
      try (ResultSet row = statement.executeQuery()) {
        return !row.next()
            ? null
            : new Found(
                (int) row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getBoolean(5),
                texts(row.getArray(6)));
      }
    }
  }

  private static List<String> texts(Array array) throws SQLException {
    return Arrays.asList((String[]) array.getArray());
  }

  /** Returns what does not fit of a table that is there, or null. */
  @Nullable String misfit(CapturedTable captured, Found found) throws SQLException {
    if (!found.kind().equals("r") || found.inherited()) {
      return "%s is not a plain table, or others inherit from it; expected one whose rows are its own"
          .formatted(found.quoted());
    }
    if (!found.persistence().equals("p")) {
      return "%s is unlogged or temporary, so that the log does not tell its changes; expected"
              .formatted(found.quoted())
          + " ALTER TABLE %s SET LOGGED".formatted(found.quoted());
    }
    for (Namespace namespace : captured.namespaces()) {
      Found read = find(CapturedTable.tableOf(namespace));
      if (read == null || read.oid() != found.oid()) {
        return "namespace %s does not read %s, but %s; expected both with their schema"
            .formatted(namespace.name(), found.quoted(), CapturedTable.tableOf(namespace));
      }
    }
    return misfitOfIdentity(captured, found);
  }

  private @Nullable String misfitOfIdentity(CapturedTable captured, Found found)
      throws SQLException {
    List<String> missing = new ArrayList<>(captured.keyColumns());
    missing.removeAll(found.identity());
    return missing.isEmpty()
        ? null
        : "a DELETE in %s would not tell %s, which keys are made of; expected ALTER TABLE %s REPLICA"
                .formatted(found.quoted(), String.join(", ", missing), found.quoted())
            + " IDENTITY "
            + identity(captured, found);
  }

  private String identity(CapturedTable captured, Found found) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(INDEX)) {
      statement.setLong(1, Integer.toUnsignedLong(found.oid()));
      statement.setArray(
          2, connection.createArrayOf("text", captured.keyColumns().toArray(String[]::new)));
      try (ResultSet index = statement.executeQuery()) {
        return index.next() ? "USING INDEX " + index.getString(1) : "FULL";
      }
    }
  }
}
