package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.namespace.Part;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The SQL that reads the rows of a named table. Every name in it is quoted.
 *
 * <pre>
 * SELECT nearside_row."id" AS "id", nearside_row."body" AS nearside_value
 * FROM "shop"."prompt" nearside_row WHERE nearside_row."id" = ANY(?)
 * </pre>
 *
 * <p>Keys of several parts are joined with the rows, {@code JOIN unnest(?, ?) AS nearside_key(k0,
 * k1) ON nearside_row."owner" = k0 AND …}: a list of pairs, of which an index on all of the columns
 * finds each. {@code IN (SELECT * FROM unnest(…))} would do the same with one more step.
 */
final class TableQuery {
  private static final String ROW = "nearside_row";

  private TableQuery() {}

  /** Returns the query that reads the column {@code value}, or the whole row as JSON. */
  static NamedQuery of(Table table, List<Part> parts, String value) {
    String columns =
        parts.stream()
            .map(part -> column(part.name()) + " AS " + quoted(part.name()))
            .collect(Collectors.joining(", "));
    String wanted =
        value.equals(NamedQuery.WHOLE_ROW) ? "row_to_json(" + ROW + ")::text" : column(value);
    String sql =
        "SELECT %s, %s AS %s FROM %s %s %s"
            .formatted(columns, wanted, NamedQuery.OWN_VALUE, quoted(table), ROW, keys(parts));
    List<Integer> parameters = IntStream.range(0, parts.size()).boxed().toList();
    return new NamedQuery(sql, sql, parameters, List.copyOf(parts), value, table);
  }

  private static String keys(List<Part> parts) {
    if (parts.size() == 1) {
      return "WHERE " + column(parts.getFirst().name()) + " = ANY(?)";
    }
    String arrays = parts.stream().map(part -> "?").collect(Collectors.joining(", "));
    List<Integer> numbers = IntStream.range(0, parts.size()).boxed().toList();
    String names = numbers.stream().map(i -> "k" + i).collect(Collectors.joining(", "));
    String same =
        numbers.stream()
            .map(i -> column(parts.get(i).name()) + " = nearside_key.k" + i)
            .collect(Collectors.joining(" AND "));
    return "JOIN unnest(" + arrays + ") AS nearside_key(" + names + ") ON " + same;
  }

  private static String column(String name) {
    return ROW + "." + quoted(name);
  }

  /** Returns the table's name as SQL. */
  static String quoted(Table table) {
    String schema = table.schema();
    return (schema == null ? "" : quoted(schema) + ".") + quoted(table.name());
  }

  /** An identifier that is taken as it is written: PostgreSQL documentation, 4.1.1. */
  static String quoted(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }
}
