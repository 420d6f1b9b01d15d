package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.strings.KeyState;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the long-term store as strings that are written. Each write takes the next version,
 * which is above all that the key has had: its lock is held.
 */
final class StoredStrings implements StringRows {
  private static final String SELECT =
      """
      SELECT key, value, encoding, floor(extract(epoch FROM expires_at) * 1000)::bigint
      FROM nearside.entry WHERE key = ANY (?) FOR UPDATE
      """;

  private static final String UPSERT =
      """
      INSERT INTO nearside.entry (key, value, encoding, expires_at, version)
      VALUES (?, ?, ?, to_timestamp(?::double precision / 1000), nextval('nearside.version'))
      ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, encoding = EXCLUDED.encoding,
        expires_at = EXCLUDED.expires_at, version = EXCLUDED.version
      """;

  /** In the year 287396, well before the last that PostgreSQL's timestamps know. */
  private static final long LAST_MS = 9_000_000_000_000_000L;

  /** What the table checks. */
  private static final int MOST_KEY_BYTES = 2048;

  private static final String DATA_CORRUPTED = "XX001";
  private static final String DELETE = "DELETE FROM nearside.entry WHERE key = ANY (?)";

  private final int compressAboveBytes;

  StoredStrings(int compressAboveBytes) {
    this.compressAboveBytes = compressAboveBytes;
  }

  @Override
  public @Nullable String refusal(byte[] key, KeyState state) {
    if (key.length > MOST_KEY_BYTES && state.value() != null) {
      return "its store takes keys of %d bytes at most".formatted(MOST_KEY_BYTES);
    }
    return state.expiresAtMs() > LAST_MS ? "its store ends before that value does" : null;
  }

  @Override
  public List<KeyState> lock(Connection connection, List<byte[]> keys) throws SQLException {
    Map<ByteBuffer, KeyState> found = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(SELECT)) {
      statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.put(ByteBuffer.wrap(rows.getBytes(1)), state(rows));
        }
      }
    }
    return keys.stream()
        .map(key -> found.getOrDefault(ByteBuffer.wrap(key), KeyState.absent()))
        .toList();
  }

  private static KeyState state(ResultSet row) throws SQLException {
    byte[] value;
    try {
      value = new StoredValue(row.getShort(3), row.getBytes(2)).value();
    } catch (IllegalArgumentException e) {
      throw new SQLException("a row of the long-term store cannot be read", DATA_CORRUPTED, e);
    }
    long endMs = row.getLong(4);
    return new KeyState(value, row.wasNull() ? KeyState.NEVER : endMs);
  }

  @Override
  public void write(Connection connection, List<byte[]> keys, List<KeyState> states)
      throws SQLException {
    byte[][] gone =
        IntStream.range(0, keys.size())
            .filter(i -> !states.get(i).exists())
            .mapToObj(keys::get)
            .toArray(byte[][]::new);
    if (gone.length > 0) {
      try (PreparedStatement statement = connection.prepareStatement(DELETE)) {
        statement.setArray(1, connection.createArrayOf("bytea", gone));
        statement.executeUpdate();
      }
    }
    if (gone.length < keys.size()) {
      putAll(connection, keys, states);
    }
  }

  private void putAll(Connection connection, List<byte[]> keys, List<KeyState> states)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(UPSERT)) {
      for (int i = 0; i < keys.size(); i++) {
        byte[] value = states.get(i).value();
        if (value != null) {
          StoredValue stored = StoredValue.of(value, compressAboveBytes);
          statement.setBytes(1, keys.get(i));
          statement.setBytes(2, stored.bytes());
          statement.setShort(3, stored.encoding());
          bindEnd(statement, states.get(i).expiresAtMs());
          statement.addBatch();
        }
      }
      statement.executeBatch();
    }
  }

  private static void bindEnd(PreparedStatement statement, long endMs) throws SQLException {
    if (endMs == KeyState.NEVER) {
      statement.setNull(4, Types.DOUBLE);
    } else {
      statement.setDouble(4, (double) endMs); // exact for the next 285 000 years
    }
  }
}
