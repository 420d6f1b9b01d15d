package dev.nearside.benchmarks.database;

import dev.nearside.benchmarks.servers.EmbeddedPostgres;
import dev.nearside.benchmarks.servers.Programs;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** PostgreSQL's own benchmark, with prepared statements. */
final class Pgbench {
  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
  private static final int ROWS_PER_SCALE = 100_000;
  private static final Pattern TPS =
      Pattern.compile("^tps = ([0-9.]+) \\(without initial", Pattern.MULTILINE);
  private static final Pattern MEAN =
      Pattern.compile("^latency average = ([0-9.]+) ms", Pattern.MULTILINE);

  private final Path program;
  private final EmbeddedPostgres postgres;

  private Pgbench(Path program, EmbeddedPostgres postgres) {
    this.program = program;
    this.postgres = postgres;
  }

  /** What a run said. */
  record Outcome(double rowsPerSecond, double meanMs) {}

  /** Returns where it is, or null when it is not installed. */
  static @Nullable Path find() throws IOException {
    Path found = Programs.onPath("pgbench");
    if (found != null || !Files.isDirectory(DEBIAN)) {
      return found;
    }
    try (Stream<Path> versions = Files.list(DEBIAN)) {
      return versions
          .map(version -> version.resolve("bin/pgbench"))
          .filter(Files::isExecutable)
          .max(Path::compareTo)
          .orElse(null);
    }
  }

  /** Fills the tables that {@code -S} reads with about so many rows. */
  static Pgbench prepare(Path program, EmbeddedPostgres postgres, int rows) {
    Pgbench pgbench = new Pgbench(program, postgres);
    int scale = Math.max(1, rows / ROWS_PER_SCALE);
    pgbench.run(List.of("-i", "-q", "-s", "" + scale));
    return pgbench;
  }

  /** Returns its version. */
  String version() {
    return Programs.output(List.of(program.toString(), "--version")).orElse("unknown");
  }

  /** Selects one row of its own table at a time, from all clients. */
  Outcome own(int clients, int seconds) {
    return outcome(clients, seconds, List.of("-S"));
  }

  /** Updates a row, reads it and inserts another in each transaction, from all clients. */
  Outcome simpleUpdate(int clients, int seconds) {
    return outcome(clients, seconds, List.of("-N"));
  }

  /** Selects rows with the script of a file. */
  Outcome script(Path file, int clients, int seconds) {
    return outcome(clients, seconds, List.of("-f", file.toString()));
  }

  private Outcome outcome(int clients, int seconds, List<String> what) {
    List<String> arguments = new ArrayList<>(what);
    arguments.addAll(List.of("-n", "-M", "prepared", "-c", "" + clients, "-j", "2"));
    arguments.addAll(List.of("-T", "" + seconds));
    String said = run(arguments);
    return new Outcome(number(TPS, said), number(MEAN, said));
  }

  private static double number(Pattern pattern, String said) {
    Matcher matcher = pattern.matcher(said);
    if (!matcher.find()) {
      throw new ServerException("pgbench said " + said);
    }
    return Double.parseDouble(matcher.group(1));
  }

  private String run(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(List.of("-h", "127.0.0.1", "-p", "" + postgres.port(), "-U", "postgres"));
    command.addAll(arguments);
    command.add("postgres");
    return Programs.output(command)
        .orElseThrow(() -> new ServerException("this failed: " + String.join(" ", command)));
  }
}
