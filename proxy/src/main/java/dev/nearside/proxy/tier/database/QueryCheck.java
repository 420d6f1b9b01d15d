package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.config.DatabaseRows.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks the database whether a namespace's query can be what a miss reads: whether it parses with
 * the types that it will be given, what columns it has, and whether this user may run it. No row is
 * read: statements are described, and at last explained, which alone asks for permissions.
 */
final class QueryCheck {
  /** Syntax, names, types and permissions; values in the SQL; a missing schema; no such feature. */
  private static final List<String> CLASSES_OF_QUERIES = List.of("42", "22", "3F", "0A");

  private final Connection connection;
  private final NamedQuery query;
  private final BatchStatement batch;

  /**
   * @param batch gives statements the parts of keys
   */
  QueryCheck(Connection connection, NamedQuery query, BatchStatement batch) {
    this.connection = connection;
    this.query = query;
    this.batch = batch;
  }

  /** Returns what was found, of which the database's refusals are a part. */
  Fit fit() throws SQLException {
    Table table = query.table();
    try {
      String misfit = table == null ? misfitOfColumns() : misfitOf(table);
      if (misfit != null) {
        return Fit.misfit(misfit);
      }
      explain();
      return table == null
          ? Fit.GOOD
          : Fit.warning(new TableIndexes(connection, table).warning(query.parts()));
    } catch (SQLException e) {
      return Fit.misfit(refusal(e));
    }
  }

  /** Returns what the database says against the SQL, or throws what is no answer to it. */
  static String refusal(SQLException e) throws SQLException {
    String state = e.getSQLState();
    if (state == null || CLASSES_OF_QUERIES.stream().noneMatch(state::startsWith)) {
      throw e;
    }
    return "the database says: " + saidOf(e);
  }

  /** Returns the database's message, on one line, without its severity, hints and position. */
  static String saidOf(SQLException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return message.replaceFirst("^(ERROR|FATAL): ", "");
  }

  private @Nullable String misfitOfColumns() throws SQLException {
    ResultSetMetaData result;
    try (PreparedStatement statement = prepare(query.selected())) {
      result = statement.getMetaData();
      return result == null
          ? "it selects nothing; expected a SELECT"
          : ColumnFit.ofResult(result).misfit(query.parts(), query.value());
    } catch (SQLException e) {
      String parameter = misfitOfParameters();
      if (parameter == null) {
        throw e;
      }
      return parameter;
    }
  }

  private @Nullable String misfitOf(Table table) throws SQLException {
    String all = "SELECT * FROM " + TableQuery.quoted(table);
    try (PreparedStatement statement = connection.prepareStatement(all)) {
      return ColumnFit.ofTable(table.toString(), statement.getMetaData())
          .misfit(query.parts(), query.value());
    }
  }

  /** Says which parameter the query does not take as an array, told no type; null for none. */
  private @Nullable String misfitOfParameters() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query.selected())) {
      var taken = statement.getParameterMetaData();
      for (int i = 1; i <= taken.getParameterCount(); i++) {
        var part = query.parts().get(query.parameters().get(i - 1));
        if (taken.getParameterType(i) != Types.ARRAY) {
          return "it takes :%s as one %s; expected an array of them, as in = ANY(:%s)"
              .formatted(part.name(), taken.getParameterTypeName(i), part.name());
        }
      }
      return null;
    } catch (SQLException e) {
      refusal(e); // nothing to be said of parameters, then
      return null;
    }
  }

  private void explain() throws SQLException {
    try (PreparedStatement statement = prepare("EXPLAIN " + query.sql())) {
      statement.execute();
    }
  }

  private PreparedStatement prepare(String sql) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      batch.bind(connection, statement, List.of());
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }
}
