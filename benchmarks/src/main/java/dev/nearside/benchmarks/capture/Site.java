package dev.nearside.benchmarks.capture;

import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** PostgreSQL, Redis and two sidecars: the first reads the log of changes, the second is asked. */
final class Site implements AutoCloseable {
  /** The numbers of rows begin with 1. */
  static final int ROWS = 10_000;

  private static final String STATE = "nearside_capture_state";
  private static final String FAILURES = "nearside_capture_failures_total";
  private static final Duration OPEN_WITHIN = Duration.ofSeconds(30);
  private static final long STEP_NS = 5_000_000;

  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final EmbeddedPostgres postgres;
  private final EmbeddedRedis redis;
  private final EmbeddedNearside first;
  private final EmbeddedNearside second;

  private Site(Path directory) throws IOException, InterruptedException {
    try {
      postgres = add(EmbeddedPostgres.start(directory));
      createTable(postgres);
      redis = add(EmbeddedRedis.start(RedisProgram.INSTALLED.find(directory), directory));
      List<String> arguments = List.of("--config", settings(directory).toString());
      String upstream = "redis://127.0.0.1:" + redis.port();
      first = add(EmbeddedNearside.start(upstream, arguments, directory));
      await(first, "reading");
      second = add(EmbeddedNearside.start(upstream, arguments, directory));
      await(second, "standby");
    } catch (IOException | InterruptedException | ServerException e) {
      close();
      throw e;
    }
  }

  /** Starts everything, and waits until changes are read. */
  static Site open(Path directory) throws IOException, InterruptedException {
    return new Site(directory);
  }

  private static void createTable(EmbeddedPostgres postgres) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE row (id bigint PRIMARY KEY, value text NOT NULL)");
      statement.execute("INSERT INTO row SELECT n, 0 FROM generate_series(1, " + ROWS + ") AS n");
    } catch (SQLException e) {
      throw new ServerException("the table cannot be made: " + e.getMessage(), e);
    }
  }

  private Path settings(Path directory) throws IOException {
    return Files.writeString(
        directory.resolve("capture.yaml"),
        """
        l1:
          admission-window: 0s
        database:
          url: %s
          user: postgres
          capture: [public.row]
        namespaces:
          row:
            keys: row:{id:bigint}
            l2-ttl: 1h
            database:
              table: row
              value: value
        """
            .formatted(postgres.url()));
  }

  private static void await(EmbeddedNearside nearside, String state)
      throws IOException, InterruptedException {
    long endNs = System.nanoTime() + OPEN_WITHIN.toNanos();
    while (!nearside.isReady() || nearside.metric(STATE, "state=\"" + state + "\"") != 1) {
      if (System.nanoTime() - endNs > 0) {
        throw new ServerException("the sidecar is not ready, or not " + state);
      }
      LockSupport.parkNanos(STEP_NS);
    }
  }

  private <T extends AutoCloseable> T add(T part) {
    started.push(part);
    return part;
  }

  EmbeddedPostgres postgres() {
    return postgres;
  }

  /** Returns the port of the sidecar that does not read the log. */
  int port() {
    return second.port();
  }

  /** Returns what Redis has of a key, and who reads changes, for a complaint. */
  String states(String key) throws IOException, InterruptedException {
    try (RedisConnection asked = RedisConnection.open(redis.port())) {
      return "'%s' at Redis; changes are read by the first: %.0f, by the second: %.0f, after %.0f and %.0f failures"
          .formatted(
              asked.call("GET", key),
              first.metric(STATE, "state=\"reading\""),
              second.metric(STATE, "state=\"reading\""),
              first.metric(FAILURES),
              second.metric(FAILURES));
    }
  }

  /** Returns what PostgreSQL says of itself. */
  Map<String, String> versions() throws IOException {
    try (Connection connection = postgres.connect()) {
      return Map.of("PostgreSQL", connection.getMetaData().getDatabaseProductVersion());
    } catch (SQLException e) {
      throw new IOException("PostgreSQL does not say its version: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        throw new ServerException("a server cannot be stopped: " + e.getMessage(), e);
      }
    }
  }
}
