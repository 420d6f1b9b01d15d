package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.namespace.KeyTemplate;
import dev.nearside.proxy.namespace.Part;
import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Ticks;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Runs a namespace's query once for many keys, and finds each row's key by its part columns. */
final class BatchStatement implements RowsByKey {
  private static final String DATA_EXCEPTION = "22";

  private final NamedQuery query;
  private final KeyTemplate template;

  BatchStatement(NamedQuery query, KeyTemplate template) {
    this.query = query;
    this.template = template;
  }

  /** The parts of the key. */
  @Override
  public @Nullable List<Object> keyOf(byte[] name) {
    Object[] parts = template.partsOf(name);
    return parts == null ? null : List.of(parts);
  }

  @Override
  public Fit fit(Connection connection) throws SQLException {
    return new QueryCheck(connection, query, this).fit();
  }

  /** Of two rows for one key the first counts. A null value is a miss. */
  @Override
  public Map<List<Object>, Answer> run(
      Connection connection, List<List<Object>> keys, long deadlineNanos, Ticks ticks)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query.sql());
        var _ = RunningStatement.watch(statement, deadlineNanos, ticks)) {
      bind(connection, statement, keys);
      try (ResultSet rows = statement.executeQuery()) {
        return answers(rows);
      }
    }
  }

  /** Gives {@code statement} the parts of {@code keys}. */
  void bind(Connection connection, PreparedStatement statement, List<List<Object>> keys)
      throws SQLException {
    for (int i = 0; i < query.parameters().size(); i++) {
      statement.setArray(i + 1, arrayOf(connection, query.parameters().get(i), keys));
    }
  }

  /** Returns whether one key's value may be what the statement failed on, and not the statement. */
  static boolean mayBeOneKey(SQLException failure) {
    String state = failure.getSQLState();
    return state != null && state.startsWith(DATA_EXCEPTION);
  }

  private Array arrayOf(Connection connection, int part, List<List<Object>> keys)
      throws SQLException {
    Part.Type type = query.parts().get(part).type();
    Object[] elements =
        switch (type) {
          case BIGINT -> new Long[keys.size()];
          case TEXT -> new String[keys.size()];
          case UUID -> new UUID[keys.size()];
        };
    for (int i = 0; i < elements.length; i++) {
      elements[i] = keys.get(i).get(part);
    }
    return connection.createArrayOf(type.label(), elements);
  }

  private Map<List<Object>, Answer> answers(ResultSet rows) throws SQLException {
    int[] partColumns = new int[query.parts().size()];
    for (int i = 0; i < partColumns.length; i++) {
      partColumns[i] = rows.findColumn(query.parts().get(i).name());
    }
    int valueColumn = rows.findColumn(query.valueColumn());
    int valueType = rows.getMetaData().getColumnType(valueColumn);
    Map<List<Object>, Answer> answers = new HashMap<>();
    while (rows.next()) {
      List<Object> key = keyOf(rows, partColumns);
      if (key != null) {
        answers.putIfAbsent(key, answerOf(rows, valueColumn, valueType));
      }
    }
    return answers;
  }

  private @Nullable List<Object> keyOf(ResultSet rows, int[] partColumns) throws SQLException {
    Object[] parts = new Object[partColumns.length];
    for (int i = 0; i < parts.length; i++) {
      Object part = partOf(rows, partColumns[i], query.parts().get(i).type());
      if (part == null) {
        return null; // a row of no key
      }
      parts[i] = part;
    }
    return List.of(parts);
  }

  private static @Nullable Object partOf(ResultSet rows, int column, Part.Type type)
      throws SQLException {
    return switch (type) {
      case BIGINT -> {
        long number = rows.getLong(column);
        yield rows.wasNull() ? null : number;
      }
      case TEXT -> rows.getString(column);
      case UUID -> rows.getObject(column, UUID.class);
    };
  }

  /** The value as PostgreSQL writes it as text; bytea as its bytes, boolean as {@code true}. */
  static byte @Nullable [] valueOf(ResultSet rows, int column, int type) throws SQLException {
    byte[] value =
        switch (type) {
          case Types.BINARY -> rows.getBytes(column);
          case Types.BIT, Types.BOOLEAN -> utf8(rows.getBoolean(column) ? "true" : "false");
          default -> utf8(rows.getString(column));
        };
    return rows.wasNull() ? null : value;
  }

  private static Answer answerOf(ResultSet rows, int column, int type) throws SQLException {
    byte[] value = valueOf(rows, column, type);
    return value == null ? Answer.Miss.INSTANCE : new Answer.Hit(value);
  }

  private static byte @Nullable [] utf8(@Nullable String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }
}
