package dev.nearside.benchmarks.footprint;

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

/** Start-up time, idle memory, memory with L1 full, bytes per entry, pauses. */
@Command(
    name = "footprint",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Start-up time, idle memory, memory with L1 full, bytes per entry, pauses.")
public final class FootprintRun implements Callable<Integer> {
  @Option(
      names = "--only",
      split = ",",
      description = "Of ${COMPLETION-CANDIDATES} (all); writes no files.")
  private @Nullable Set<Part> only;

  @Option(names = "--starts", defaultValue = "15", description = "Of each (${DEFAULT-VALUE}).")
  private int starts;

  @Option(
      names = "--idle-seconds",
      defaultValue = "20",
      description = "After which idle memory is read (${DEFAULT-VALUE}).")
  private int idleSeconds;

  @Option(
      names = "--l1-mib",
      defaultValue = "256",
      description = "Size of the L1 that is filled (${DEFAULT-VALUE}).")
  private int l1Mib;

  @Option(
      names = "--connections",
      defaultValue = "1000",
      description = "Clients connected to it (${DEFAULT-VALUE}).")
  private int connections;

  @Option(
      names = "--heaps",
      split = ",",
      description = "Of ${COMPLETION-CANDIDATES}: how the JVM of a full L1 is set up (all).")
  private Set<Heap> heaps = EnumSet.allOf(Heap.class);

  @Option(
      names = "--large-l1-mib",
      defaultValue = "1024",
      description = "Size of the L1 whose entries change (${DEFAULT-VALUE}).")
  private int largeL1Mib;

  @Option(
      names = "--churn-seconds",
      defaultValue = "90",
      description = "For how long they do (${DEFAULT-VALUE}).")
  private int churnSeconds;

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the report goes (benchmarks/results).")
  private Path results = Path.of("benchmarks", "results");

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  /** What is measured, in this order. */
  enum Part {
    START,
    IDLE,
    FULL,
    PAUSES
  }

  @Override
  public Integer call() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      Path program = RedisProgram.INSTALLED.find(scratch.path());
      Place place =
          new Place(scratch.path(), program, out, starts, idleSeconds, l1Mib, connections);
      Map<String, String> machine = Machine.describe(); // before our own load is part of its load
      Report report = report(place, machine);
      if (only == null) {
        report.write(results);
      }
      out.println();
      out.print(report.markdown());
      return 0;
    }
  }

  private Report report(Place place, Map<String, String> machine)
      throws IOException, InterruptedException {
    List<Table> tables = new ArrayList<>();
    for (Part part : only == null ? EnumSet.allOf(Part.class) : only) {
      out.println(part);
      tables.addAll(tables(part, place));
    }
    return new Report(
        "footprint",
        LocalDate.now(ZoneOffset.UTC).toString(),
        machine,
        Versions.of(place.redisProgram()),
        List.of("resident memory and its parts are read from /proc"),
        tables);
  }

  private List<Table> tables(Part part, Place place) throws IOException, InterruptedException {
    return switch (part) {
      case START -> List.of(new Starts(place).run());
      case IDLE -> List.of(new Idle(place).run());
      case PAUSES -> {
        Pauses.Size size = new Pauses.Size(largeL1Mib, churnSeconds);
        yield List.of(new Pauses(place, size).run(launches(largeL1Mib)));
      }
      case FULL -> new Full(place).run(launches(l1Mib));
    };
  }

  private List<Launch> launches(int l1Mib) {
    return heaps.stream().map(heap -> heap.launch(l1Mib)).toList();
  }
}
