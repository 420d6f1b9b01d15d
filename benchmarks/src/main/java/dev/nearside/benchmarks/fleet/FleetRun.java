package dev.nearside.benchmarks.fleet;

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
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What many tracking sidecars cost their Redis, and a client that writes to it. */
@Command(
    name = "fleet",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Redis with 1 000 tracking sidecars: memory, CPU, latency of SET.")
public final class FleetRun implements Callable<Integer> {
  @Option(names = "--rounds", defaultValue = "3", description = "Rounds (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "5",
      description = "Seconds of a round (${DEFAULT-VALUE}).")
  private double seconds;

  @Option(names = "--sidecars", defaultValue = "1000", description = "How many (${DEFAULT-VALUE}).")
  private int sidecars;

  @Option(
      names = "--keys",
      defaultValue = "100000",
      description = "Keys that the application reads (${DEFAULT-VALUE}).")
  private int keys;

  @Option(
      names = "--writes",
      defaultValue = "200",
      description = "SETs in a second (${DEFAULT-VALUE}).")
  private int writes;

  @Option(
      names = "--reads",
      defaultValue = "50000",
      description = "Reads in a second, of all applications together (${DEFAULT-VALUE}).")
  private int reads;

  @Option(
      names = "--limits",
      split = ",",
      defaultValue = "100,300,1000,3000,10000",
      description = "Tracked keys of a sidecar, at most (${DEFAULT-VALUE}).")
  private List<Integer> limits = List.of();

  @Option(
      names = "--only",
      split = ",",
      description = "Of ${COMPLETION-CANDIDATES} (all); writes no files.")
  private @Nullable Set<Part> only;

  @Option(
      names = "--name",
      defaultValue = "fleet",
      description = "Of the files (${DEFAULT-VALUE}).")
  private String name = "fleet";

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the report goes (benchmarks/results).")
  private Path results = Path.of("benchmarks", "results");

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  /** What is measured, in this order. */
  enum Part {
    HEARTBEATS,
    FANOUT,
    LIMITS,
    SHARES,
    TABLE_LIMIT
  }

  /** Sizes of a run. */
  record Size(
      int rounds,
      double seconds,
      int sidecars,
      int keys,
      int writes,
      int reads,
      List<Integer> limits) {
    /** Returns how many writes a round has. */
    int writesOfRound() {
      return (int) Math.max(10, Math.round(writes * seconds));
    }
  }

  @Override
  public Integer call() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      Path program = RedisProgram.INSTALLED.find(scratch.path());
      Size size = new Size(rounds, seconds, sidecars, keys, writes, reads, limits);
      Measures measures =
          new Measures(size, new Scene.Stage(program, scratch.path(), keys, List.of()), out);
      Report report = run(program, measures);
      if (only == null) {
        report.write(results);
      }
      out.println();
      out.print(report.markdown());
      return 0;
    }
  }

  private Report run(Path program, Measures measures) throws IOException, InterruptedException {
    Map<String, String> machine = Machine.describe(); // before our own load is part of its load
    List<Table> tables = new ArrayList<>();
    for (Part part : only == null ? EnumSet.allOf(Part.class) : only) {
      out.println(part);
      tables.add(
          switch (part) {
            case HEARTBEATS -> measures.heartbeats();
            case FANOUT -> measures.fanOut();
            case LIMITS -> measures.limits();
            case SHARES -> measures.shares();
            case TABLE_LIMIT -> measures.tableLimit();
          });
    }
    List<String> notes =
        List.of(
            "sidecars are simulated: %,d connections, each of which does what a sidecar's tracked"
                    .formatted(sidecars)
                + " connection does; all of them are one thread on this machine, beside Redis and"
                + " the writer",
            "one client writes %d times a second, whatever the replies do; a latency counts from"
                    .formatted(writes)
                + " the moment at which the SET was to be sent; p50 and p99 are medians of %d rounds"
                    .formatted(rounds)
                + " of %.1f s, max is of all".formatted(seconds));
    return new Report(
        name,
        LocalDate.now(ZoneOffset.UTC).toString(),
        machine,
        Versions.of(program),
        notes,
        tables);
  }
}
