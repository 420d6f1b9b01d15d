package dev.nearside.benchmarks.coherence;

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

/** Staleness of outside writes, and what faults and stampedes look like to clients. */
@Command(
    name = "coherence",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Staleness of outside writes, faults, recovery, stampedes.")
public final class CoherenceRun implements Callable<Integer> {
  @Option(names = "--short", description = "Just enough to see that it works; writes no files.")
  private boolean brief;

  @Option(names = "--quick", description = "A third of the repetitions.")
  private boolean quick;

  @Option(
      names = "--only",
      split = ",",
      description = "Of ${COMPLETION-CANDIDATES} (all); writes no files.")
  private @Nullable Set<Scenario> only;

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the report goes (benchmarks/results).")
  private Path results = Path.of("benchmarks", "results");

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private boolean failed;

  /** What is measured, in this order. */
  enum Scenario {
    STALENESS,
    HALF_OPEN,
    RECOVERY,
    STAMPEDE,
    EXPIRY,
    OUTAGE;

    private Table run(Site.Opening opening) throws IOException, InterruptedException {
      return switch (this) {
        case STALENESS -> new Staleness().run(opening);
        case HALF_OPEN -> new HalfOpen().run(opening);
        case RECOVERY -> new Recovery().run(opening);
        case STAMPEDE -> new Stampede().run(opening);
        case EXPIRY -> new Expiry().run(opening);
        case OUTAGE -> new Outage().run(opening);
      };
    }
  }

  @Override
  public Integer call() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      Path program = RedisProgram.INSTALLED.find(scratch.path());
      Effort effort = brief ? Effort.SHORT : quick ? Effort.QUICK : Effort.FULL;
      Site.Opening opening = new Site.Opening(scratch.path(), program, out, effort);
      Runtime.getRuntime().addShutdownHook(new Thread(opening::closeAll, "bench-stop"));
      Report report = run(program, opening);
      if (!brief && only == null) {
        report.write(results);
      }
      out.println();
      out.print(report.markdown());
      return failed ? 1 : 0;
    }
  }

  private Report run(Path program, Site.Opening opening) throws IOException, InterruptedException {
    Map<String, String> machine = Machine.describe(); // before our own load is part of its load
    List<Table> tables = new ArrayList<>();
    for (Scenario scenario : only == null ? EnumSet.allOf(Scenario.class) : only) {
      out.println(scenario);
      tables.add(table(scenario, opening));
    }
    machine.put("repetitions", quick ? "a third of a full run's (--quick)" : "a full run's");
    String date = LocalDate.now(ZoneOffset.UTC).toString();
    List<String> notes =
        List.of("everything on this one machine: clients, hops, sidecars and servers");
    return new Report("coherence", date, machine, Versions.of(program), notes, tables);
  }

  /** One that fails is said to have failed; the others go on. */
  private Table table(Scenario scenario, Site.Opening opening) throws InterruptedException {
    try {
      return scenario.run(opening);
    } catch (IOException | RuntimeException e) {
      failed = true; // the exit status tells
      opening.closeAll();
      out.println("failed: " + e.getMessage());
      return new Table(scenario.name(), "Could not be completed: " + e.getMessage(), "nothing");
    }
  }
}
