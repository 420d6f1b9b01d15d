package dev.nearside.proxy.scene;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * A Redis and a PostgreSQL with a few tables, and sidecars in front of both. The gate holds reads
 * of prompts up in the database after their snapshot was taken: what they will answer is decided.
 */
public final class ThreeTiers implements AutoCloseable {
  private static final String NAMESPACES =
      """
      l1:
        admission-window: 0s
      namespaces:
        prompt:
          keys: prompt:{id:bigint}
          l2-ttl: 15m
          negative-ttl: 3s
          database:
            query: SELECT id, body FROM prompt WHERE id = ANY(:id) AND pass_gate()
            value: body
        account:
          keys: account:{id:bigint}
          l2-ttl: 1h
          database:
            query: SELECT id, name, plan FROM account WHERE id = ANY(:id)
            value: "*"
        result:
          keys: result:{metric}:{day}
          l2-ttl: 1h
          database:
            query: |
              SELECT metric, day, total FROM result
              WHERE (metric, day) IN (SELECT * FROM unnest(:metric, :day))
            value: total
        picture:
          keys: picture:{name}
          l2-ttl: 1h
          database:
            query: SELECT name, bytes FROM picture WHERE name = ANY(:name)
            value: bytes
        session:
          keys: session:{token}
          l2-ttl: 1h
          database:
            query: SELECT token, content FROM session WHERE token = ANY(:token)
            value: content
            when-unavailable: nil
      """;

  private final PostgresServer database = PostgresServer.start();
  private RedisServer redis = RedisServer.start();

  /** Starts both servers and fills the tables. */
  public ThreeTiers() {
    database.execute(
        "CREATE TABLE prompt (id bigint PRIMARY KEY, body text)",
        "INSERT INTO prompt SELECT n, 'body ' || n FROM generate_series(1, 1000) AS n",
        "CREATE TABLE account (id bigint PRIMARY KEY, name text, plan text)",
        "INSERT INTO account VALUES (1, 'Zoë', 'team')",
        "CREATE TABLE result (metric text, day text, total bigint)",
        "INSERT INTO result VALUES ('visits', '2026-01-01', 17), ('clicks', '2026-01-02', 4)",
        "CREATE TABLE picture (name text PRIMARY KEY, bytes bytea)",
        "INSERT INTO picture VALUES ('größe', '\\x000d0aff24'), ('none', NULL)",
        "CREATE TABLE session (token text PRIMARY KEY, content text)",
        "INSERT INTO session VALUES ('t1', 'cart')",
        """
        CREATE FUNCTION pass_gate() RETURNS boolean VOLATILE LANGUAGE sql AS
        $$ SELECT pg_advisory_xact_lock_shared(1) IS NOT NULL $$
        """);
  }

  /**
   * Starts a sidecar that waits at most {@code timeout} for the database, and awaits it, together
   * with its connections for leases.
   */
  public Sidecar sidecar(String timeout, String... settings) throws IOException {
    Sidecar sidecar = sidecarThrough(redis.port(), timeout, settings).awaitReady();
    Waiting.until(
        "it can take leases and wait for them",
        () -> isConnected(sidecar, "leases") && isConnected(sidecar, "administration"));
    return sidecar;
  }

  private static boolean isConnected(Sidecar sidecar, String kind) throws IOException {
    return sidecar.metric("nearside_upstream_connections{kind=\"" + kind + "\"}") == 1;
  }

  /** As {@link #sidecar}, where Redis is reached at {@code port}; awaits nothing. */
  public Sidecar sidecarThrough(int port, String timeout, String... settings) throws IOException {
    return Sidecar.configured(yaml(timeout), port, settings);
  }

  /** As {@link #sidecar}, in a process of its own. */
  public SidecarProcess process(String timeout) throws IOException {
    Path file = Files.createTempFile("nearside", ".yaml");
    try {
      Files.writeString(file, yaml(timeout));
      String upstream = "redis://127.0.0.1:" + redis.port();
      return SidecarProcess.run(List.of("--config", file.toString(), "--upstream", upstream))
          .awaitReady();
    } finally {
      Files.delete(file);
    }
  }

  private String yaml(String timeout) {
    return NAMESPACES
        + """
        database:
          url: %s
          user: %s
          pool-size: 4
          timeout: %s
        """
            .formatted(database.jdbcUrl(), PostgresServer.USER, timeout);
  }

  /** Returns the database. */
  public PostgresServer database() {
    return database;
  }

  /** Returns the Redis that runs now. */
  public RedisServer redis() {
    return redis;
  }

  /** Starts a new, empty Redis where the killed one was. */
  public void restartRedis() {
    redis = RedisServer.startOnPort(redis.port());
  }

  /** Connects to Redis itself. */
  public RespClient direct() throws IOException {
    return RespClient.connect(redis.port());
  }

  /** Returns how many GETs Redis itself has executed. */
  public long redisGets() throws IOException {
    try (RespClient client = direct()) {
      for (String line : client.call("INFO", "commandstats").lines().toList()) {
        if (line.startsWith("cmdstat_get:calls=")) {
          return Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(',')));
        }
      }
      return 0;
    }
  }

  /**
   * Closes the gate: statements on prompts that start from now on see the rows of now, and wait.
   * One that finds no row passes.
   */
  public Gate closeGate() throws SQLException {
    return new Gate("SELECT pg_advisory_lock(1)", "advisory");
  }

  /** Holds up every statement on prompts, before it sees anything. */
  public Gate lockPrompts() throws SQLException {
    return new Gate("BEGIN; LOCK TABLE prompt IN ACCESS EXCLUSIVE MODE", "relation");
  }

  @Override
  public void close() {
    redis.close();
    database.close();
  }

  /** The closed gate; opened by closing it. */
  public final class Gate implements AutoCloseable {
    private final Connection holder = database.connect();
    private final String kind;

    private Gate(String lock, String kind) throws SQLException {
      this.kind = kind;
      try (Statement statement = holder.createStatement()) {
        statement.execute(lock);
      }
    }

    /** Waits until {@code statements} statements stand before it. */
    public void awaitWaiting(int statements) {
      String waiting =
          "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = '" + kind + "'";
      Waiting.until(
          statements + " statements wait at the gate", () -> database.count(waiting) >= statements);
    }

    @Override
    public void close() throws SQLException {
      holder.close();
    }
  }
}
