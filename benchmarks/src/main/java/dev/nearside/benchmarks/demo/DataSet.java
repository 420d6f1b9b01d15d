package dev.nearside.benchmarks.demo;

import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The data of a small assistant product: accounts, prompts and rules in PostgreSQL (see {@code
 * data.sql}), live sessions and today's analytics in Redis.
 */
final class DataSet {
  private static final int SESSIONS = 40;
  private static final int HOURS = 24;
  private static final int SESSION_SECONDS = 1800;
  private static final int ANALYTICS_SECONDS = 3600;

  private final EmbeddedPostgres postgres;
  private final EmbeddedRedis redis;

  DataSet(EmbeddedPostgres postgres, EmbeddedRedis redis) {
    this.postgres = postgres;
    this.redis = redis;
  }

  void load() throws IOException, SQLException {
    loadTables();
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      loadSessions(connection);
      loadAnalytics(connection);
    }
  }

  private void loadTables() throws IOException, SQLException {
    try (InputStream script = DataSet.class.getResourceAsStream("data.sql");
        Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      if (script == null) {
        throw new IOException("data.sql is not on the class path");
      }
      statement.execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static void loadSessions(RedisConnection connection) throws IOException {
    for (int id = 1; id <= SESSIONS; id++) {
      String session =
          "{\"user\":%d,\"device\":\"%s\",\"turns\":%d}"
              .formatted(id, id % 3 == 0 ? "phone" : "laptop", id * 7 % 23);
      connection.call(
          "SET", "session:%04d".formatted(id), session, "EX", Integer.toString(SESSION_SECONDS));
    }
  }

  private static void loadAnalytics(RedisConnection connection) throws IOException {
    for (int hour = 0; hour < HOURS; hour++) {
      int requests = 900 + 1100 * Math.min(hour, HOURS - hour);
      connection.call(
          "SET",
          "analytics:requests:%02d".formatted(hour),
          Integer.toString(requests),
          "EX",
          Integer.toString(ANALYTICS_SECONDS));
    }
  }
}
