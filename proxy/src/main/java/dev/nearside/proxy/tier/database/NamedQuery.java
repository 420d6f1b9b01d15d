package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Part;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The SQL of a namespace, its own or its table's ({@link TableQuery}), read once: its named
 * parameters {@code :part}, each standing for the array of that part over a batch's keys, are
 * JDBC's {@code ?} here. Immutable.
 *
 * <p>For the value {@code *} the query is wrapped: {@code SELECT nearside_row.part, …,
 * row_to_json(nearside_row)::text AS nearside_value FROM (query) nearside_row}.
 *
 * @param sql what is prepared
 * @param selected what has a column for each part and for the value, unless it is {@code *}
 * @param parameters for each {@code ?} of both in order, the index of the part it is bound to
 * @param parts the parts of the key, each a column of the result
 * @param value the column whose value is the key's, or {@code *}
 * @param table the table it reads, or null where it is the namespace's own
 */
record NamedQuery(
    String sql,
    String selected,
    List<Integer> parameters,
    List<Part> parts,
    String value,
    DatabaseRows.@Nullable Table table) {
  /** The value that is no column. */
  static final String WHOLE_ROW = "*";

  /** The column of the value where the SQL is ours. */
  static final String OWN_VALUE = "nearside_value";

  /**
   * Returns the query that a namespace names, or that reads its table.
   *
   * @throws IllegalArgumentException if it names an unknown part, leaves one out, holds more than
   *     one statement or an open quote, or if keys of the namespace do not determine their row
   */
  static NamedQuery of(Namespace namespace) {
    var read = namespace.read();
    if (read == null) {
      throw new IllegalArgumentException("namespace " + namespace + " has no rows");
    }
    List<Part> parts = namespace.template().parts();
    if (parts.isEmpty() || namespace.template().endsInAny()) {
      throw new IllegalArgumentException(
          "keys of namespace "
              + namespace
              + " do not say which row they mean; expected parts such as {id:bigint} and no *");
    }
    return switch (read.rows()) {
      case DatabaseRows.Query(String sql) ->
          parse("query of namespace " + namespace.name(), sql, parts, read.value());
      case DatabaseRows.Table table -> TableQuery.of(table, parts, read.value());
      case DatabaseRows.Result result ->
          throw new IllegalArgumentException("a cached query has no rows of its own keys");
      case DatabaseRows.Store store ->
          throw new IllegalArgumentException("the long-term store is read by no query");
    };
  }

  /** As {@link #of}; {@code subject} begins every complaint. */
  static NamedQuery parse(String subject, String query, List<Part> parts, String value) {
    SqlScanner scanned =
        new SqlScanner(
            subject, query, "a part of its keys", parts.stream().map(Part::name).toList());
    for (int i = 0; i < parts.size(); i++) {
      if (!scanned.parameters().contains(i)) {
        throw new IllegalArgumentException(
            subject
                + " does not use part "
                + parts.get(i).name()
                + "; expected :"
                + parts.get(i).name()
                + ", the array of its values, in it");
      }
    }
    String selected = scanned.sql();
    String sql = value.equals(WHOLE_ROW) ? wrap(selected, parts) : selected;
    return new NamedQuery(sql, selected, scanned.parameters(), List.copyOf(parts), value, null);
  }

  /** Returns the column of the result that has the value. */
  String valueColumn() {
    return table != null || value.equals(WHOLE_ROW) ? OWN_VALUE : value;
  }

  private static String wrap(String sql, List<Part> parts) {
    String columns =
        parts.stream().map(part -> "nearside_row." + part.name()).collect(Collectors.joining(", "));
    return "SELECT "
        + columns
        + ", row_to_json(nearside_row)::text AS "
        + OWN_VALUE
        + " FROM ("
        + sql
        + "\n) nearside_row"; // on a line of its own: the query may end in a -- comment
  }
}
