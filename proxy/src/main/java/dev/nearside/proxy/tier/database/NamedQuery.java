package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Part;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The SQL of a namespace, read once: its named parameters {@code :part}, each standing for the
 * array of that part over a batch's keys, are JDBC's {@code ?} here. Immutable.
 *
 * <p>For the value {@code *} the query is wrapped: {@code SELECT nearside_row.part, …,
 * row_to_json(nearside_row)::text AS nearside_value FROM (query) nearside_row}.
 *
 * @param sql what is prepared
 * @param parameters for each {@code ?} in order, the index of the part it is bound to
 * @param parts the parts of the key, each a column of the result
 * @param valueColumn the column whose value is the key's
 */
record NamedQuery(String sql, List<Integer> parameters, List<Part> parts, String valueColumn) {
  private static final String WHOLE_ROW = "*";
  private static final String ROW_AS_JSON = "nearside_value";

  /**
   * Reads the query of a namespace that has one.
   *
   * @throws IllegalArgumentException if it names an unknown part, leaves one out, holds more than
   *     one statement or an open quote, or if keys of the namespace do not determine their row
   */
  static NamedQuery of(Namespace namespace) {
    var read = namespace.read();
    if (read == null) {
      throw new IllegalArgumentException("namespace " + namespace + " has no query");
    }
    List<Part> parts = namespace.template().parts();
    if (parts.isEmpty() || namespace.template().endsInAny()) {
      throw new IllegalArgumentException(
          "keys of namespace "
              + namespace
              + " do not say which row they mean; expected parts such as {id:bigint} and no *");
    }
    return parse("query of namespace " + namespace.name(), read.query(), parts, read.value());
  }

  /** As {@link #of}; {@code subject} begins every complaint. */
  static NamedQuery parse(String subject, String query, List<Part> parts, String value) {
    SqlScanner scanned = new SqlScanner(subject, query, parts.stream().map(Part::name).toList());
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
    boolean wholeRow = value.equals(WHOLE_ROW);
    String sql = wholeRow ? wrap(scanned.sql(), parts) : scanned.sql();
    return new NamedQuery(
        sql, scanned.parameters(), List.copyOf(parts), wholeRow ? ROW_AS_JSON : value);
  }

  private static String wrap(String sql, List<Part> parts) {
    String columns =
        parts.stream().map(part -> "nearside_row." + part.name()).collect(Collectors.joining(", "));
    return "SELECT "
        + columns
        + ", row_to_json(nearside_row)::text AS "
        + ROW_AS_JSON
        + " FROM ("
        + sql
        + "\n) nearside_row"; // on a line of its own: the query may end in a -- comment
  }
}
