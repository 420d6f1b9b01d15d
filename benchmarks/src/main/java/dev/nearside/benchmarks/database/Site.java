package dev.nearside.benchmarks.database;

import dev.nearside.benchmarks.servers.CpuTime;
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
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** PostgreSQL with the table, a Redis, and a sidecar before both, all as they are shipped. */
final class Site implements AutoCloseable {
  private static final Duration OPEN_WITHIN = Duration.ofSeconds(20);
  private static final List<String> ROOM = List.of("shared_buffers=512MB", "max_connections=200");

  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final EmbeddedPostgres postgres;
  private final EmbeddedRedis redis;
  private final EmbeddedNearside nearside;
  private final Pgbench pgbench;
  private final Path script;

  /** What is done there. */
  enum Purpose {
    READS(List.of(), List.of()),
    /** Nothing that was acknowledged is lost in a crash of the machine. */
    WRITES(List.of("fsync=on"), List.of("--appendonly", "yes", "--appendfsync", "always"));

    @SuppressWarnings("ImmutableEnumChecker") // List.of gives an unmodifiable one
    private final List<String> ofPostgres;

    @SuppressWarnings("ImmutableEnumChecker") // as above
    private final List<String> ofRedis;

    Purpose(List<String> ofPostgres, List<String> ofRedis) {
      this.ofPostgres = ofPostgres;
      this.ofRedis = ofRedis;
    }

    private Path prepare(EmbeddedPostgres postgres, Path directory, int rows) throws IOException {
      return switch (this) {
        case READS -> {
          KeyValues.create(postgres, rows);
          yield KeyValues.settings(postgres, directory);
        }
        case WRITES -> {
          Accounts.create(postgres, rows);
          yield Accounts.settings(postgres, directory);
        }
      };
    }
  }

  private Site(
      Purpose purpose, Path directory, Path pgbenchProgram, int rows, List<String> settings)
      throws IOException {
    try {
      List<String> ofPostgres = Stream.concat(ROOM.stream(), purpose.ofPostgres.stream()).toList();
      postgres = add(EmbeddedPostgres.start(directory, ofPostgres));
      Path tables = purpose.prepare(postgres, directory, rows);
      pgbench = Pgbench.prepare(pgbenchProgram, postgres, rows);
      script = Files.writeString(directory.resolve("kv.sql"), selectOne(rows));
      Path program = RedisProgram.INSTALLED.find(directory);
      redis = add(EmbeddedRedis.start(program, directory, purpose.ofRedis));
      List<String> arguments = new ArrayList<>(List.of("--config", tables.toString()));
      settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
      String upstream = "redis://127.0.0.1:" + redis.port();
      nearside = add(EmbeddedNearside.start(upstream, arguments, directory));
    } catch (IOException | ServerException e) {
      close();
      throw e;
    }
  }

  private static String selectOne(int rows) {
    return """
    \\set id random(%d, %d)
    SELECT value FROM kv WHERE id = :id;
    """
        .formatted(KeyValues.FIRST, KeyValues.FIRST + rows - 1);
  }

  /** Starts everything for reads, and waits until the sidecar's memory is open. */
  static Site open(Path directory, Path pgbench, int rows, List<String> settings)
      throws IOException, InterruptedException {
    return open(Purpose.READS, directory, pgbench, rows, settings);
  }

  /** The same for another purpose. */
  static Site open(Purpose purpose, Path directory, Path pgbench, int rows, List<String> settings)
      throws IOException, InterruptedException {
    Site site = new Site(purpose, directory, pgbench, rows, settings);
    long endNs = System.nanoTime() + OPEN_WITHIN.toNanos();
    while (!site.nearside.isReady()) {
      if (System.nanoTime() - endNs > 0) {
        site.close();
        throw new ServerException("the sidecar does not open its memory");
      }
      Thread.onSpinWait();
    }
    return site;
  }

  private <T extends AutoCloseable> T add(T part) {
    started.push(part);
    return part;
  }

  EmbeddedNearside nearside() {
    return nearside;
  }

  Pgbench pgbench() {
    return pgbench;
  }

  /** Returns a connection to PostgreSQL; the caller closes it. */
  Connection connect() throws SQLException {
    return postgres.connect();
  }

  /** Returns the script by which pgbench reads one row of the table that the sidecar reads. */
  Path script() {
    return script;
  }

  /** Makes Redis and the sidecar forget all rows. */
  void forget() throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      connection.call("FLUSHALL");
    }
  }

  /** Returns how many keys the outbox has. */
  long waiting() throws IOException {
    try (RedisConnection connection = RedisConnection.open(redis.port())) {
      String outbox = "nearside:outbox:" + Accounts.Way.BEHIND.table();
      return Long.parseLong(connection.call("XLEN", outbox));
    }
  }

  /** CPU time so far, in seconds; ourselves are the clients. */
  record Cpu(double nearside, double redis, double postgres, double ourselves) {}

  Cpu cpu() throws IOException {
    return new Cpu(
        CpuTime.seconds(nearside.pid()),
        CpuTime.seconds(redis.pid()),
        CpuTime.secondsOfFamily(postgres.pid()),
        CpuTime.seconds(ProcessHandle.current().pid()));
  }

  /** Returns what PostgreSQL and pgbench say of themselves. */
  Map<String, String> versions() throws IOException {
    try (Connection connection = postgres.connect()) {
      String version = connection.getMetaData().getDatabaseProductVersion();
      return Map.of("PostgreSQL", version, "pgbench", pgbench.version());
    } catch (SQLException e) {
      throw new IOException("PostgreSQL does not say its version: " + e.getMessage(), e);
    }
  }

  @Override
  public synchronized void close() {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        throw new ServerException("a server cannot be stopped: " + e.getMessage(), e);
      }
    }
  }
}
