package dev.nearside.benchmarks.capture;

import dev.nearside.benchmarks.report.Report;
import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.report.Versions;
import dev.nearside.benchmarks.servers.Machine;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** From a row changed by SQL to the fresh value at GET, through a sidecar that reads no log. */
@Command(
    name = "capture",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "From a row changed by SQL to the fresh value at GET through a second sidecar.")
public final class CaptureRun implements Callable<Integer> {
  private static final Duration CALM = Duration.ofMillis(5);

  @Option(
      names = "--changes",
      defaultValue = "2000",
      description = "Measured changes of each row of the table (${DEFAULT-VALUE}).")
  private int changes;

  @Option(
      names = "--writers",
      defaultValue = "4",
      description = "Connections that change other rows, under load (${DEFAULT-VALUE}).")
  private int writers;

  @Option(
      names = "--readers",
      defaultValue = "8",
      description = "Connections that read other rows, under load (${DEFAULT-VALUE}).")
  private int readers;

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the report goes (benchmarks/results).")
  private Path results = Path.of("benchmarks", "results");

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  @Override
  public Integer call() throws Exception {
    Map<String, String> machine = Machine.describe(); // before our own load is part of its load
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Site site = Site.open(scratch.path())) {
      Thread hook = new Thread(site::close, "bench-stop");
      Runtime.getRuntime().addShutdownHook(hook);
      Table table = measure(site, changes, writers, readers);
      Report report = report(scratch, site, machine, table);
      report.write(results);
      out.print(report.markdown());
      Runtime.getRuntime().removeShutdownHook(hook);
      return 0;
    }
  }

  static Table measure(Site site, int changes, int writers, int readers)
      throws IOException, SQLException, InterruptedException {
    Table table =
        new Table(
            "From the commit to the fresh value",
            "Time from the return of an UPDATE until a GET through the second sidecar, which had the"
                + " old value in memory, gives the new one; a GET follows the reply to the one"
                + " before by 0.2 ms. %d changes each.".formatted(changes),
            "load",
            "p50 ms",
            "p99 ms",
            "most ms",
            "other changes/s",
            "other reads/s");
    Freshness freshness = new Freshness(site);
    freshness.measure(changes, Duration.ZERO); // warm-up
    add(table, "calm", freshness.measure(changes, CALM), 0, 0);
    try (Crowd crowd = new Crowd(site, writers, readers)) {
      freshness.measure(Math.min(changes, 200), Duration.ZERO);
      List<Double> millis = freshness.measure(changes, CALM);
      String load = "%d writers, %d readers".formatted(writers, readers);
      add(table, load, millis, crowd.changesPerSecond(), crowd.readsPerSecond());
    }
    return table;
  }

  private static void add(
      Table table, String load, List<Double> millis, double changes, double reads) {
    List<Double> sorted = millis.stream().sorted().toList();
    table.row(
        load,
        "%.2f".formatted(at(sorted, 0.5)),
        "%.2f".formatted(at(sorted, 0.99)),
        "%.2f".formatted(sorted.getLast()),
        "%,.0f".formatted(changes),
        "%,.0f".formatted(reads));
    table.raw(load + ", ms", millis);
  }

  private static double at(List<Double> sorted, double share) {
    return sorted.get(Math.clamp((int) Math.ceil(share * sorted.size()), 1, sorted.size()) - 1);
  }

  private static Report report(
      ScratchDirectory scratch, Site site, Map<String, String> machine, Table table)
      throws IOException {
    Map<String, String> versions = Versions.of(RedisProgram.INSTALLED.find(scratch.path()));
    versions.putAll(site.versions());
    return new Report(
        "capture",
        LocalDate.now(ZoneOffset.UTC).toString(),
        machine,
        versions,
        List.of(
            "PostgreSQL (fsync off), Redis, both sidecars and the clients share this machine",
            "the first sidecar reads the log of changes, the second is asked"),
        List.of(table));
  }
}
