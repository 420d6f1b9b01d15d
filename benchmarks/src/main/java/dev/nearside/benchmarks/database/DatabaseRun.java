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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Rows read and written through the sidecar, against pgbench at the same PostgreSQL. */
@Command(
    name = "database",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Rows read through and written, against pgbench on the same PostgreSQL.")
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

  @Option(names = "--only", description = "Of ${COMPLETION-CANDIDATES} (both).")
  private Site.@Nullable Purpose only;

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
    List<Table> tables = new ArrayList<>();
    Map<String, String> versions = new LinkedHashMap<>();
    for (Site.Purpose purpose : Site.Purpose.values()) {
      if (only == null || only == purpose) {
        tables.add(race(purpose, pgbench, size, versions));
      }
    }
    Report report = report(machine, versions, tables);
    report.write(results);
    out.println();
    out.print(report.markdown());
    return 0;
  }

  private Table race(Site.Purpose purpose, Path pgbench, Size size, Map<String, String> versions)
      throws IOException, InterruptedException {
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Site site = Site.open(purpose, scratch.path(), pgbench, rows, settings)) {
      Runtime.getRuntime().addShutdownHook(new Thread(site::close, "bench-stop"));
      versions.putAll(Versions.of(RedisProgram.INSTALLED.find(scratch.path())));
      versions.putAll(site.versions());
      return switch (purpose) {
        case READS -> new Race(site, size, out).run();
        case WRITES -> new WriteRace(site, size, out).run();
      };
    }
  }

  private Report report(
      Map<String, String> machine, Map<String, String> versions, List<Table> tables) {
    if (!settings.isEmpty()) {
      versions.put("settings of the sidecar", String.join(" ", settings));
    }
    List<String> notes =
        List.of(
            "tables of %,d rows in shared buffers, values of 100 bytes read and 88 written; PostgreSQL, Redis, the"
                    .formatted(rows)
                + " sidecar and the clients share this machine",
            "closed loop, %d rounds of %d s after %d s of warm-up, in turns; medians of the rounds"
                .formatted(rounds, seconds, warmup),
            "CPU is user and system time of the process, of PostgreSQL with its children, for each"
                + " row read or write");
    return new Report(
        name, LocalDate.now(ZoneOffset.UTC).toString(), machine, versions, notes, tables);
  }
}
