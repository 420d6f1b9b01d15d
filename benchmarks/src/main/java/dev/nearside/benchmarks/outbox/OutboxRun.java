package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.coherence.Quantiles;
import dev.nearside.benchmarks.report.Report;
import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.report.Versions;
import dev.nearside.benchmarks.servers.Machine;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Kills under writes that the database takes later, and takes the database away from them; the exit
 * status is 1 if any was lost.
 */
@Command(
    name = "outbox",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Kills sidecars, Redis and PostgreSQL under write-behind, and stops PostgreSQL for long:"
            + " is anything lost?")
public final class OutboxRun implements Callable<Integer> {
  @Parameters(
      paramLabel = "ROUNDS",
      arity = "0..1",
      defaultValue = "200",
      description = "Rounds (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--shape",
      paramLabel = "SHAPE",
      defaultValue = "SINGLE",
      description =
          "What is behind the sidecars, single or cluster (single): of a cluster slots move, too.")
  private Shape shape = Shape.SINGLE;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Of what is killed when (${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--away",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "For how long PostgreSQL is stopped under the load (${DEFAULT-VALUE}; 0: not).")
  private int awaySeconds;

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the report goes (benchmarks/results).")
  private Path results = Path.of("benchmarks", "results");

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  @Override
  public Integer call() throws Exception {
    Map<String, String> machine = Machine.describe(); // before our own load is part of its load
    long beganNs = System.nanoTime();
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      Path program = RedisProgram.INSTALLED.find(scratch.path());
      try (Site site = Site.open(scratch.path(), program, shape)) {
        Runtime.getRuntime().addShutdownHook(new Thread(site::close, "bench-stop"));
        Rounds.Outcome outcome = new Rounds(site, out, seed).run(rounds);
        List<String> notes = notes(outcome, (System.nanoTime() - beganNs) / 1e9);
        List<Table> tables = new ArrayList<>(List.of(kills(outcome, shape), writes(outcome)));
        long violations = outcome.violations().count();
        if (awaySeconds > 0) {
          Outage.Outcome outage = new Outage(site, out, seed).run(Duration.ofSeconds(awaySeconds));
          notes.addAll(OutageTable.notes(outage));
          tables.add(OutageTable.of(outage));
          violations += outage.violations().count();
        }
        Report report =
            new Report(
                shape.report(),
                LocalDate.now(ZoneOffset.UTC).toString(),
                machine,
                Versions.of(program),
                shape.arguments(),
                notes,
                tables);
        report.write(results);
        out.println();
        out.print(report.markdown());
        return violations == 0 ? 0 : 1;
      }
    }
  }

  private List<String> notes(Rounds.Outcome outcome, double seconds) {
    List<String> notes = new ArrayList<>();
    notes.add("%d rounds of seed %d in %.0f s".formatted(rounds, seed, seconds));
    if (shape == Shape.CLUSTER) {
      notes.add(
          "%,d slots moved under the kills: of keys that are written, and of what outboxes keep"
              .formatted(outcome.moves()));
    }
    notes.add(
        "%,d changes of rows, compared %d times with what clients were told and what sidecars answer: %d violations"
            .formatted(outcome.applied(), outcome.checks(), outcome.violations().count()));
    if (!outcome.emptyMs().isEmpty()) {
      Quantiles empty = Quantiles.of(outcome.emptyMs());
      notes.add(
          "the outbox was empty %.0f ms after the clients were halted (median; the longest %.0f)"
              .formatted(empty.median(), empty.max()));
    }
    notes.addAll(outcome.violations().shown());
    return notes;
  }

  static Table kills(Rounds.Outcome outcome, Shape shape) {
    Table table =
        new Table(
            "Kills",
            "`kill -9` up to 300 ms into the load, of sidecars, of "
                + shape.killed()
                + " and of PostgreSQL, one at a time or two; each is started again at once. Back:"
                + " from then on until clients of both sidecars had a write acknowledged "
                + (shape == Shape.CLUSTER ? "by each primary " : "")
                + "that they sent after it.",
            "killed",
            "rounds",
            "back after, median ms",
            "max ms");
    outcome
        .backMs()
        .forEach((killed, ms) -> {
          Quantiles back = Quantiles.of(ms);
          table.row(killed, "" + ms.size(), whole(back.median()), whole(back.max()));
          table.raw(killed + ": ms", ms);
        });
    table.raw("outbox empty: ms", outcome.emptyMs());
    return table;
  }

  static Table writes(Rounds.Outcome outcome) {
    Table table =
        new Table(
            "Writes",
            "Eight clients with connections to both sidecars, one command each at a time. A key has"
                + " one writer, who sets it to rising numbers and may delete it in between, or is"
                + " counted up by all. Refused: `nothing was written`. Unknown: the connection was"
                + " lost, or any other error. Checked: the row has the last number that was"
                + " acknowledged or a later one that is unknown; counts are not below what was"
                + " acknowledged, nor above that and what is unknown, and none was told twice; a"
                + " trigger's log of each change has no number twice, none behind a greater one, and"
                + " none that was refused.",
            "commands",
            "acknowledged",
            "refused",
            "unknown");
    for (Tally.Command command : Tally.Command.values()) {
      table.row(
          command.label(),
          count(outcome.tally().of(command, Answer.Kind.ACKNOWLEDGED)),
          count(outcome.tally().of(command, Answer.Kind.REFUSED)),
          count(outcome.tally().of(command, Answer.Kind.UNKNOWN)));
    }
    outcome.tally().errors().forEach((said, count) -> table.raw(said, count.doubleValue()));
    table.raw("violations", (double) outcome.violations().count());
    return table;
  }

  private static String whole(double number) {
    return String.format(Locale.ROOT, "%,.0f", number);
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
