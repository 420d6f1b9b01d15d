package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.namespace.KeyTemplate;
import dev.nearside.proxy.namespace.Part;
import dev.nearside.proxy.strings.KeyState;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a table of the user's own: a column for each part of the key, and one for the value.
 * A null value is no value. A column that is not of bytes is given text, and has to understand it.
 */
final class TableRows implements StringRows {
  private static final String NOT_IN_THIS_ENCODING = "22021";
  private static final String NOT_OF_THE_NAMESPACE = "22023";

  /** What is said without the database, and stays so. */
  static final List<String> SAID_HERE = List.of(NOT_IN_THIS_ENCODING, NOT_OF_THE_NAMESPACE);

  private final KeyTemplate template;
  private final String select;
  private final String upsert;
  private final String delete;

  /** Creates those of {@code table}, of which {@code value} is the value's column. */
  TableRows(KeyTemplate template, Table table, String value) {
    this.template = template;
    String name = TableQuery.quoted(table);
    String column = TableQuery.quoted(value);
    List<String> parts = template.parts().stream().map(Part::name).map(TableQuery::quoted).toList();
    String columns = String.join(", ", parts);
    String where = parts.stream().map(part -> part + " = ?").collect(Collectors.joining(" AND "));
    this.select = "SELECT %s FROM %s WHERE %s FOR UPDATE".formatted(column, name, where);
    this.upsert =
        "INSERT INTO %s (%s, %s) VALUES (%s?) ON CONFLICT (%s) DO UPDATE SET %s = EXCLUDED.%s"
            .formatted(name, columns, column, "?, ".repeat(parts.size()), columns, column, column);
    this.delete = "DELETE FROM %s WHERE %s".formatted(name, where);
  }

  @Override
  public @Nullable String refusal(byte[] key, KeyState state) {
    return state.expiresAtMs() == KeyState.NEVER
        ? null
        : "its table does not say when a value ends";
  }

  @Override
  public List<KeyState> lock(Connection connection, List<byte[]> keys) throws SQLException {
    List<KeyState> found = new ArrayList<>(keys.size());
    try (PreparedStatement statement = connection.prepareStatement(select)) {
      for (byte[] key : keys) {
        bindParts(statement, key);
        try (ResultSet rows = statement.executeQuery()) {
          found.add(rows.next() ? state(rows) : KeyState.absent());
        }
      }
    }
    return found;
  }

  private static KeyState state(ResultSet row) throws SQLException {
    byte[] value = BatchStatement.valueOf(row, 1, row.getMetaData().getColumnType(1));
    return value == null ? KeyState.absent() : KeyState.of(value);
  }

  @Override
  public void write(Connection connection, List<byte[]> keys, List<KeyState> states)
      throws SQLException {
    if (states.stream().anyMatch(state -> !state.exists())) {
      deleteAll(connection, keys, states);
    }
    if (states.stream().anyMatch(KeyState::exists)) {
      putAll(connection, keys, states);
    }
  }

  private void deleteAll(Connection connection, List<byte[]> keys, List<KeyState> states)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(delete)) {
      for (int i = 0; i < keys.size(); i++) {
        if (!states.get(i).exists()) {
          bindParts(statement, keys.get(i));
          statement.addBatch();
        }
      }
      statement.executeBatch();
    }
  }

  private void putAll(Connection connection, List<byte[]> keys, List<KeyState> states)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(upsert)) {
      int valueAt = template.parts().size() + 1;
      boolean takesBytes =
          statement.getParameterMetaData().getParameterType(valueAt) == Types.BINARY;
      for (int i = 0; i < keys.size(); i++) {
        byte[] value = states.get(i).value();
        if (value != null) {
          bindParts(statement, keys.get(i));
          bindValue(statement, valueAt, value, takesBytes);
          statement.addBatch();
        }
      }
      statement.executeBatch();
    }
  }

  private void bindParts(PreparedStatement statement, byte[] key) throws SQLException {
    Object[] parts = template.partsOf(key);
    if (parts == null) {
      throw new SQLException("the key is none of the namespace", NOT_OF_THE_NAMESPACE);
    }
    for (int i = 0; i < parts.length; i++) {
      statement.setObject(i + 1, parts[i]);
    }
  }

  private static void bindValue(
      PreparedStatement statement, int at, byte[] value, boolean takesBytes) throws SQLException {
    if (takesBytes) {
      statement.setBytes(at, value);
    } else {
      statement.setObject(at, text(value), Types.OTHER); // the server knows the column's type
    }
  }

  private static String text(byte[] value) throws SQLException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
    } catch (CharacterCodingException e) {
      throw new SQLException("the value is no text in UTF-8", NOT_IN_THIS_ENCODING, e);
    }
  }
}
