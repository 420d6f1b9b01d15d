package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The memory of a sidecar that nobody asks anything. */
final class Idle {
  private static final Launch NORMAL = Launch.of("L1 and Redis only");

  private static final Launch UNCACHED = Launch.of("no ahead-of-time cache", Launch.NO_CACHE);

  private final Place place;
  private final Table table;

  Idle(Place place) {
    this.place = place;
    this.table =
        new Table(
            "Idle memory",
            place.idleSeconds()
                + " s after the start, no client. The agent is always on; there is no OTLP exporter"
                + " yet. MiB.",
            "process",
            "RSS",
            "of it anonymous",
            "Pss",
            "threads");
  }

  Table run() throws IOException, InterruptedException {
    Launch.prepare();
    try (EmbeddedRedis redis = place.redis();
        EmbeddedPostgres postgres = EmbeddedPostgres.start(place.directory())) {
      List<String> database = List.of("--config", configuration(postgres).toString());
      try (Sidecar plain = start(NORMAL, redis, List.of());
          Sidecar uncached = start(UNCACHED, redis, List.of());
          Sidecar withDatabase = start(NORMAL, redis, database)) {
        Place.rest(place.idleSeconds());
        row("L1 and Redis only", plain.pid());
        row("the same, no ahead-of-time cache", uncached.pid());
        row("with a database, too", withDatabase.pid());
        row("redis-server", redis.pid());
      }
      return table;
    }
  }

  private Sidecar start(Launch launch, EmbeddedRedis redis, List<String> settings)
      throws IOException, InterruptedException {
    return Sidecar.start(launch, redis.port(), settings, place.directory());
  }

  private Path configuration(EmbeddedPostgres postgres) throws IOException {
    return Files.writeString(
        place.directory().resolve("database.yaml"),
        """
        database:
          url: %s
          user: postgres
        """
            .formatted(postgres.url()));
  }

  private void row(String name, long pid) throws IOException {
    ProcessMemory memory = ProcessMemory.of(pid);
    String[] cells = memory.cells();
    table.row(name, cells[0], cells[1], cells[2], Place.threads(pid));
    table.raw(name + ": RSS MiB", memory.rssMib());
  }
}
