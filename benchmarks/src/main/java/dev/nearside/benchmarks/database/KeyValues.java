package dev.nearside.benchmarks.database;

import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** The table that is read: numbered rows with a value of 100 bytes that tells its row. */
final class KeyValues {
  /** Digits of a row's number in its key and its value. */
  static final int DIGITS = 8;

  /** The first row's number; all have as many digits, and none begins with a zero. */
  static final int FIRST = 10_000_000;

  private static final int VALUE_BYTES = 100;
  private static final long STEP = 7_368_787; // a prime: every number once, in no obvious order

  private KeyValues() {}

  /** Creates the table and brings it into memory. */
  static void create(EmbeddedPostgres postgres, int rows) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE kv (id bigint PRIMARY KEY, value text NOT NULL)");
      statement.execute(
          "INSERT INTO kv SELECT n, lpad(n::text, %d, 'v') FROM generate_series(%d, %d) n"
              .formatted(VALUE_BYTES, FIRST, FIRST + rows - 1));
      statement.execute("VACUUM ANALYZE kv");
      statement.execute("SELECT sum(length(value)) FROM kv");
    } catch (SQLException e) {
      throw new ServerException("the table cannot be made: " + e.getMessage(), e);
    }
  }

  /** Returns the row that is read as number {@code turn}; {@code rows} turns give every row. */
  static int row(long turn, int rows) {
    return FIRST + (int) (turn % rows * STEP % rows);
  }

  /** Returns a request; the digits of its row come at the end. */
  static byte[] request() {
    String key = "kv:" + "0".repeat(DIGITS);
    return "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n"
        .formatted(key.length(), key)
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Returns its reply; the digits of its row come at the end. */
  static byte[] reply() {
    String value = "v".repeat(VALUE_BYTES - DIGITS) + "0".repeat(DIGITS);
    return "$%d\r\n%s\r\n".formatted(VALUE_BYTES, value).getBytes(StandardCharsets.US_ASCII);
  }

  /** Writes the sidecar's settings for this table. */
  static Path settings(EmbeddedPostgres postgres, Path directory) throws IOException {
    return Files.writeString(
        directory.resolve("database.yaml"),
        """
        database:
          url: %s
          user: postgres
        namespaces:
          kv:
            keys: kv:{id:bigint}
            l2-ttl: 10m
            database:
              query: SELECT id, value FROM kv WHERE id = ANY(:id)
              value: value
        """
            .formatted(postgres.url()));
  }
}
