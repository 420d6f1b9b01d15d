package dev.nearside.proxy.scene;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.tier.database.StoredValue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Rows that tests put into the long-term store, as a writer would. */
public final class StoreRow {
  private static final String INSERT =
      "INSERT INTO nearside.entry (key, value, encoding, expires_at, version)"
          + " VALUES (?, ?, ?, clock_timestamp() + ? * interval '1 ms', nextval('nearside.version'))";

  private StoreRow() {}

  /** Puts a value that does not expire. */
  public static void put(PostgresServer server, String key, String value) {
    put(server, key.getBytes(UTF_8), StoredValue.of(value.getBytes(UTF_8), 1_000), null);
  }

  /** Puts a value that expires in {@code millis}. */
  public static void put(PostgresServer server, String key, String value, long millis) {
    put(server, key.getBytes(UTF_8), StoredValue.of(value.getBytes(UTF_8), 1_000), millis);
  }

  /** Puts what is given; null for no expiry. */
  public static void put(PostgresServer server, byte[] key, StoredValue value, Long millis) {
    try (Connection connection = server.connect();
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setBytes(1, key);
      insert.setBytes(2, value.bytes());
      insert.setShort(3, value.encoding());
      insert.setObject(4, millis, java.sql.Types.BIGINT);
      insert.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException("PostgreSQL refused a row of the test: " + e, e);
    }
  }
}
