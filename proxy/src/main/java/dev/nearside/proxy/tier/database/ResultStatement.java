package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Part;
import dev.nearside.proxy.namespace.QueryKey;
import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Answer.Unavailable;
import dev.nearside.proxy.tier.Ticks;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the statement of a cached query, once for each list of arguments. Immutable.
 *
 * <p>PostgreSQL makes the JSON, an array of an object for each row, so that numbers, times and
 * nulls are as it writes them; a result that is too large it does not send. Arguments are
 * parameters without a type: the server infers it from their place and reads their text as it would
 * a literal.
 */
final class ResultStatement implements RowsByKey {
  private final Namespace namespace;
  private final DatabaseRows.Result rows;
  private final List<String> arguments;
  private final SqlScanner scanned;
  private final String sql;

  /**
   * @throws IllegalArgumentException if its SQL names an unknown argument, leaves one out, or holds
   *     more than one statement or an open quote
   */
  ResultStatement(Namespace namespace, DatabaseRows.Result rows) {
    this.namespace = namespace;
    this.rows = rows;
    this.arguments = namespace.template().parts().stream().map(Part::name).toList();
    this.scanned =
        new SqlScanner(namespace.subject(), rows.sql(), "one of its arguments", arguments);
    this.sql = wrap(scanned.sql(), rows);
    for (int i = 0; i < arguments.size(); i++) {
      if (!scanned.parameters().contains(i)) {
        throw new IllegalArgumentException(
            namespace.subject()
                + (" does not use its argument " + arguments.get(i))
                + ("; expected :" + arguments.get(i) + " in it"));
      }
    }
  }

  /**
   * Asks for one row more than there may be. The query has its own lines: it may end in a comment.
   */
  private static String wrap(String query, DatabaseRows.Result rows) {
    return """
    SELECT found, CASE WHEN octet_length(result) <= %d THEN result END, octet_length(result)
    FROM (
      SELECT count(*) AS found,
        coalesce('[' || string_agg(row_to_json(nearside_row)::text, ',') || ']', '[]') AS result
      FROM (SELECT * FROM (
    %s
    ) nearside_rows LIMIT %d) nearside_row) nearside_result\
    """
        .formatted(rows.maxBytes(), query, rows.maxRows() + 1L);
  }

  /** The arguments. */
  @Override
  public @Nullable List<Object> keyOf(byte[] name) {
    Object[] parts = namespace.template().partsOf(name);
    return parts == null
        ? null
        : Stream.of(parts).<Object>map(part -> QueryKey.argument((String) part)).toList();
  }

  /** One: beside others it would wait for theirs. */
  @Override
  public int mostKeys(int maxBatch) {
    return 1;
  }

  @Override
  public Map<List<Object>, Answer> run(
      Connection connection, List<List<Object>> keys, long deadlineNanos, Ticks ticks)
      throws SQLException {
    List<Object> key = keys.getFirst();
    try (PreparedStatement statement = connection.prepareStatement(sql);
        var _ = RunningStatement.watch(statement, deadlineNanos, ticks)) {
      for (int i = 0; i < scanned.parameters().size(); i++) {
        statement.setObject(i + 1, key.get(scanned.parameters().get(i)), Types.OTHER);
      }
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return Map.of(key, answer(result));
      }
    }
  }

  private Answer answer(ResultSet result) throws SQLException {
    if (result.getLong(1) > rows.maxRows()) {
      return refused("the result has more than " + rows.maxRows() + " rows, which is max-rows");
    }
    byte[] json = BatchStatement.valueOf(result, 2, Types.VARCHAR);
    return json == null
        ? refused(
            "the result has %d bytes; max-bytes is %d"
                .formatted(result.getLong(3), rows.maxBytes()))
        : new Answer.Hit(json);
  }

  private static Unavailable refused(String why) {
    return new Unavailable(Reason.REFUSED, why);
  }

  @Override
  public Unavailable unavailable(SQLException failure, Reason reason) {
    String refusal = reason == Reason.ERROR ? new Refusal(failure).words() : null;
    return refusal == null
        ? new Unavailable(reason)
        : refused("the database says: " + refusal + argumentOf(failure));
  }

  private String argumentOf(SQLException failure) {
    int parameter = new Refusal(failure).parameter();
    return parameter < 1 || parameter > scanned.parameters().size()
        ? ""
        : " (argument " + arguments.get(scanned.parameters().get(parameter - 1)) + ")";
  }

  /** Describes it, and has it explained, which alone asks for permissions. */
  @Override
  public Fit fit(Connection connection) throws SQLException {
    try {
      String misfit = misfitOfColumns(connection);
      if (misfit != null) {
        return Fit.misfit(misfit);
      }
      try (PreparedStatement statement = prepare(connection, "EXPLAIN " + sql)) {
        statement.execute();
      }
      return Fit.GOOD;
    } catch (SQLException e) {
      String refusal = QueryCheck.refusal(e);
      boolean untyped = "42P18".equals(e.getSQLState());
      return Fit.misfit(refusal + (untyped ? "; expected a cast there, as in :name::text" : ""));
    }
  }

  private @Nullable String misfitOfColumns(Connection connection) throws SQLException {
    try (PreparedStatement statement = prepare(connection, scanned.sql())) {
      ResultSetMetaData result = statement.getMetaData();
      if (result == null) {
        return "it selects nothing; expected a SELECT";
      }
      Set<String> names = new HashSet<>();
      for (int i = 1; i <= result.getColumnCount(); i++) {
        if (!names.add(result.getColumnLabel(i))) {
          return "its result has two columns named "
              + result.getColumnLabel(i)
              + "; expected each once";
        }
      }
      return null;
    }
  }

  private PreparedStatement prepare(Connection connection, String text) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(text);
    try {
      for (int i = 1; i <= scanned.parameters().size(); i++) {
        statement.setNull(i, Types.OTHER);
      }
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }
}
