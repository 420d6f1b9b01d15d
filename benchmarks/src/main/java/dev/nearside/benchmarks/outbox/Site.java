package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.coherence.Poll;
import dev.nearside.benchmarks.servers.EmbeddedNearside;
import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * PostgreSQL, a Redis or a cluster that keeps what it acknowledges, and two sidecars, each of which
 * can be killed and comes back with what it has on disk. Ports may be asked for on any thread, the
 * rest is for one.
 */
final class Site implements AutoCloseable {
  static final int SIDECARS = 2;

  /** How keys begin; a row's number follows. */
  static final String KEY = "note:";

  /** As {@link #KEY}, of rows that nobody writes; {@link #fill} makes them. */
  static final String UNWRITTEN_KEY = "plain:";

  private static final Duration OPEN_WITHIN = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 5;
  private static final String NAMESPACE = "note";

  private final Path directory;
  private final EmbeddedPostgres postgres;
  private final Path settings;
  private final AtomicReferenceArray<EmbeddedNearside> sidecars =
      new AtomicReferenceArray<>(SIDECARS);
  private final Upstream upstream;
  private volatile boolean closed;

  private Site(Path directory, Path redisProgram, Shape shape) throws IOException {
    this.directory = directory;
    this.postgres = EmbeddedPostgres.start(directory, List.of("fsync=on"));
    try {
      createTables();
      this.upstream = shape.start(redisProgram, directory);
    } catch (IOException | ServerException e) {
      postgres.close();
      throw e;
    }
    try {
      this.settings = writeSettings();
    } catch (IOException e) {
      upstream.close();
      postgres.close();
      throw e;
    }
  }

  /** Starts everything, and waits until the sidecars' memory is open. */
  static Site open(Path directory, Path redisProgram, Shape shape)
      throws IOException, InterruptedException {
    Site site = new Site(directory, redisProgram, shape);
    try {
      for (int i = 0; i < SIDECARS; i++) {
        EmbeddedNearside sidecar = site.startSidecar(i);
        Poll.until("a sidecar's memory is open", OPEN_WITHIN, sidecar::isReady);
      }
      return site;
    } catch (IOException | ServerException e) {
      site.close();
      throw e;
    }
  }

  private void createTables() throws IOException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE note (id bigint PRIMARY KEY, body text)");
      statement.execute("CREATE TABLE plain (id bigint PRIMARY KEY, body text)");
      statement.execute("CREATE TABLE applied (n bigserial PRIMARY KEY, id bigint, body text)");
      statement.execute(
          """
          CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO applied (id, body) VALUES (NEW.id, NEW.body); RETURN NEW; END $$
          """);
      statement.execute(
          "CREATE TRIGGER logged AFTER INSERT OR UPDATE ON note FOR EACH ROW EXECUTE FUNCTION log()");
    } catch (SQLException e) {
      throw new IOException("the tables cannot be made: " + e.getMessage(), e);
    }
  }

  private Path writeSettings() throws IOException {
    return Files.writeString(
        directory.resolve("outbox.yaml"),
        """
        database:
          url: %s
          user: postgres
          pool-size: 4
          timeout: 2s
        namespaces:
          %s:
            keys: %s{id:bigint}
            l2-ttl: 10m
            database:
              table: note
              value: body
              write: behind
              durability: %s
          plain:
            keys: %s{id:bigint}
            l2-ttl: 10m
            database:
              table: plain
              value: body
        """
            .formatted(postgres.url(), NAMESPACE, KEY, upstream.durability(), UNWRITTEN_KEY));
  }

  private EmbeddedNearside startSidecar(int i) {
    EmbeddedNearside sidecar =
        EmbeddedNearside.start(upstream.uri(), List.of("--config", settings.toString()), directory);
    sidecars.set(i, sidecar);
    if (closed) {
      sidecar.close();
    }
    return sidecar;
  }

  /** Returns where a sidecar listens, or did when it was killed. */
  int port(int sidecar) {
    return sidecars.get(sidecar).port();
  }

  /** Makes {@code rows} rows that nobody writes, from 1 on; each holds its own number. */
  void fill(int rows) throws IOException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO plain SELECT n, n FROM generate_series(1, " + rows + ") n");
    } catch (SQLException e) {
      throw new IOException("the rows cannot be made: " + e.getMessage(), e);
    }
  }

  /** Kills it by SIGKILL; if Redis, that primary. */
  void kill(Victim victim, int primary) {
    switch (victim) {
      case REDIS -> upstream.crash(primary);
      case POSTGRES -> postgres.crash();
      case FIRST_SIDECAR -> sidecars.get(0).crash();
      case SECOND_SIDECAR -> sidecars.get(1).crash();
    }
  }

  /** Starts it again, with what it has on disk; a client may sit on its port for a moment. */
  void restart(Victim victim, int primary) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        start(victim, primary);
        return;
      } catch (ServerException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void start(Victim victim, int primary) throws IOException {
    switch (victim) {
      case REDIS -> upstream.restart(primary);
      case POSTGRES -> postgres.restart();
      case FIRST_SIDECAR -> startSidecar(0);
      case SECOND_SIDECAR -> startSidecar(1);
    }
  }

  /** Returns how many keys the database has not taken. */
  long waiting() throws IOException {
    return upstream.length(NAMESPACE);
  }

  /** Returns how many it never takes. */
  long putAside() throws IOException {
    return upstream.length(NAMESPACE + ":dead");
  }

  Upstream upstream() {
    return upstream;
  }

  EmbeddedPostgres postgres() {
    return postgres;
  }

  @Override
  public synchronized void close() {
    closed = true;
    for (int i = 0; i < SIDECARS; i++) {
      EmbeddedNearside sidecar = sidecars.get(i);
      if (sidecar != null) {
        sidecar.close();
      }
    }
    upstream.close();
    postgres.close();
  }
}
