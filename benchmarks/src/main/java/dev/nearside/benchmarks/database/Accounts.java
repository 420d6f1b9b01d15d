package dev.nearside.benchmarks.database;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** The tables that are written: rows as many and as long as pgbench's accounts. */
final class Accounts {
  /** Digits of a row's number in its key, and of a write's in its value. */
  static final int DIGITS = 8;

  /** The first row's number; all have as many digits, and none begins with a zero. */
  static final int FIRST = 10_000_000;

  private static final int VALUE_BYTES = 88; // pgbench's: a balance and a filler of 84

  private Accounts() {}

  /** Who brings a write to the row, and when. */
  enum Way {
    BEHIND,
    THROUGH;

    /** Returns the table's name, which begins its keys. */
    String table() {
      return this == BEHIND ? "behind" : "passing";
    }

    private String setting() {
      return this == BEHIND ? "behind" : "through";
    }

    /** Returns a request; the digits of its key are at {@link #keyAt}, those of its value last. */
    byte[] request() {
      String key = key();
      return "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n"
          .formatted(key.length(), key, VALUE_BYTES, "v".repeat(VALUE_BYTES))
          .getBytes(US_ASCII);
    }

    /** Returns where the digits of a request's key begin. */
    int keyAt() {
      return new String(request(), US_ASCII).indexOf(key()) + key().length() - DIGITS;
    }

    private String key() {
      return table() + ":" + "0".repeat(DIGITS);
    }
  }

  /** Creates the tables and brings them into memory. */
  static void create(EmbeddedPostgres postgres, int rows) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      for (Way way : Way.values()) {
        String table = way.table();
        statement.execute(
            "CREATE TABLE %s (id bigint PRIMARY KEY, value text NOT NULL)".formatted(table));
        statement.execute(
            "INSERT INTO %s SELECT n, repeat('v', %d) FROM generate_series(%d, %d) n"
                .formatted(table, VALUE_BYTES, FIRST, FIRST + rows - 1));
        statement.execute("VACUUM ANALYZE " + table);
        statement.execute("SELECT sum(length(value)) FROM " + table);
      }
    } catch (SQLException e) {
      throw new ServerException("the tables cannot be made: " + e.getMessage(), e);
    }
  }

  /** Writes the sidecar's settings for these tables. */
  static Path settings(EmbeddedPostgres postgres, Path directory) throws IOException {
    StringBuilder text =
        new StringBuilder(
            """
            database:
              url: %s
              user: postgres
            namespaces:
            """
                .formatted(postgres.url()));
    for (Way way : Way.values()) {
      text.append(
          """
            %1$s:
              keys: %1$s:{id:bigint}
              l2-ttl: 10m
              database:
                table: %1$s
                value: value
                write: %2$s
          """
              .formatted(way.table(), way.setting()));
    }
    return Files.writeString(directory.resolve("writes.yaml"), text);
  }
}
