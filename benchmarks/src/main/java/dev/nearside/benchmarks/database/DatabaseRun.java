package dev.nearside.benchmarks.database;

import dev.nearside.benchmarks.report.Report;
import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.report.Versions;
import dev.nearside.benchmarks.servers.Machine;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Rows read through the sidecar, each once, against pgbench at the same PostgreSQL. */
@Command(
    name = "database",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Read-through of distinct keys against pgbench on the same PostgreSQL.")
public final class DatabaseRun implements Callable<Integer> {
  @Option(names = "--rounds", defaultValue = "5", description = "Rounds (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "5",
      description = "Measured seconds of a round, whole ones (${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warmup",
      defaultValue = "2",
      description = "Seconds of load before them (${DEFAULT-VALUE}).")
  private int warmup;

  @Option(
      names = "--first",
      defaultValue = "10",
      description = "Seconds of the round before the rounds that count (${DEFAULT-VALUE}).")
  private int first;

  @Option(names = "--rows", defaultValue = "1000000", description = "Rows (${DEFAULT-VALUE}).")
  private int rows;

  @Option(
      names = "--set",
      description = "A setting of the sidecar, key=value; may be repeated (as shipped).")
  private List<String> settings = List.of();

  @Option(
      names = "--name",
      defaultValue = "database",
      description = "Of the files (${DEFAULT-VALUE}).")
  private String name = "database";

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the report goes (benchmarks/results).")
  private Path results = Path.of("benchmarks", "results");

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  /** Sizes of a run. */
  record Size(int rounds, Duration first, Duration warmup, int seconds, int rows) {}

  @Override
  public Integer call() throws Exception {
    Path pgbench = Pgbench.find();
    if (pgbench == null) {
      throw new ServerException(
          "pgbench is not installed: install the package postgresql-contrib.");
    }
    Map<String, String> machine = Machine.describe(); // before our own load is part of its load
    Size size =
        new Size(rounds, Duration.ofSeconds(first), Duration.ofSeconds(warmup), seconds, rows);
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Site site = Site.open(scratch.path(), pgbench, rows, settings)) {
      Thread hook = new Thread(site::close, "bench-stop");
      Runtime.getRuntime().addShutdownHook(hook);
      Table table = new Race(site, size, out).run();
      Report report = report(scratch, site, machine, table);
      report.write(results);
      out.println();
      out.print(report.markdown());
      return 0;
    }
  }

  private Report report(
      ScratchDirectory scratch, Site site, Map<String, String> machine, Table table)
      throws IOException {
    Map<String, String> versions = Versions.of(RedisProgram.INSTALLED.find(scratch.path()));
    versions.putAll(site.versions());
    if (!settings.isEmpty()) {
      versions.put("settings of the sidecar", String.join(" ", settings));
    }
    List<String> notes =
        List.of(
            "a table of %,d rows with values of 100 bytes in shared buffers; PostgreSQL, Redis, the"
                    .formatted(rows)
                + " sidecar and the clients share this machine",
            "closed loop, %d rounds of %d s after %d s of warm-up, in turns; medians of the rounds"
                .formatted(rounds, seconds, warmup),
            "CPU is user and system time of the process, of PostgreSQL with its children, for each"
                + " row read");
    return new Report(
        name, LocalDate.now(ZoneOffset.UTC).toString(), machine, versions, notes, List.of(table));
  }
}
