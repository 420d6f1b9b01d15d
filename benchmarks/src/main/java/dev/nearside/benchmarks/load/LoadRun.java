package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.servers.Machine;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import dev.nearside.benchmarks.servers.ServerException;
import dev.nearside.benchmarks.servers.TlsIdentity;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Plays the stages of a run, one after the other, and writes the report. */
final class LoadRun {
  private static final String LEFT_OUT =
      "Left out: the sidecar says that nothing is held in memory here.";

  private final RunOptions options;
  private final LoadGenerator generator;
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private @Nullable TlsIdentity identity;

  LoadRun(RunOptions options, LoadGenerator generator) {
    this.options = options;
    this.generator = generator;
  }

  /**
   * Plays, writes and prints.
   *
   * @param usualName the report's, unless the user gives another one
   * @return the exit status
   * @throws IOException if it could not be completed, or a reply was wrong; nothing is written then
   */
  int run(String usualName, List<Stage> stages) throws IOException, InterruptedException {
    Thread hook = new Thread(this::closeAll, "bench-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      Report report = play(usualName, stages, scratch.path());
      report.write(options.out());
      out.println();
      out.print(report.markdown());
      return 0;
    } finally {
      closeAll();
    }
  }

  private Report play(String usualName, List<Stage> stages, Path scratch)
      throws IOException, InterruptedException {
    Path program = RedisProgram.INSTALLED.find(scratch);
    Map<String, String> machine = Machine.describe(); // before our own load is part of its load
    Participants participants = new Participants(program);
    List<Report.Case> cases = new ArrayList<>();
    for (Stage stage : stages) {
      List<Trial> trials =
          stage.trials().stream().filter(trial -> options.wants(trial.title())).toList();
      if (!trials.isEmpty()) {
        List<Contestant> contestants = start(stage, program, scratch);
        for (Contestant contestant : contestants) {
          participants.add(contestant);
        }
        cases.addAll(play(contestants, trials));
        closeAll();
      }
    }
    if (cases.isEmpty()) {
      throw new ServerException("no heading of this run has the text given by --only.");
    }
    String date = LocalDate.now(ZoneOffset.UTC).toString();
    return new Report(
        options.name(usualName), date, machine, participants.found(), method(usualName), cases);
  }

  private List<Contestant> start(Stage stage, Path program, Path scratch) throws IOException {
    List<Contestant> contestants = new ArrayList<>();
    for (Entrant entrant : stage.entrants()) {
      if (options.wants(entrant.peer()) && entrant.peer().isInstalled()) {
        out.println("starting " + entrant.label());
        Path directory = Files.createTempDirectory(scratch, "server-");
        if (identity == null && entrant.links().needIdentity()) {
          identity = TlsIdentity.create(scratch);
        }
        contestants.add(add(Contestant.begin(entrant, program, directory, identity)));
      }
    }
    for (Contestant contestant : contestants) { // a cluster takes a while, others' meanwhile
      contestant.complete(stage.data());
    }
    if (contestants.isEmpty()) {
      throw new ServerException("none of the servers wanted is installed.");
    }
    return contestants;
  }

  private List<Report.Case> play(List<Contestant> contestants, List<Trial> trials)
      throws IOException, InterruptedException {
    Comparison comparison = new Comparison(contestants, generator, options, out);
    List<Report.Case> cases = new ArrayList<>();
    for (Trial trial : trials) {
      cases.add(
          trial.fromMemory() && oneSaysMemoryIsOff(contestants)
              ? new Report.Case(trial.noting(LEFT_OUT), List.of())
              : new Report.Case(trial, comparison.run(trial)));
    }
    return withAllocation(comparison, cases);
  }

  private static boolean oneSaysMemoryIsOff(List<Contestant> contestants) throws IOException {
    for (Contestant contestant : contestants) {
      if (contestant.saysMemoryIsOff()) {
        return true;
      }
    }
    return false;
  }

  /** Last of all: to read it changes the sidecar. */
  private static List<Report.Case> withAllocation(Comparison comparison, List<Report.Case> cases)
      throws IOException, InterruptedException {
    List<Report.Case> all = new ArrayList<>();
    for (Report.Case each : cases) {
      Trial trial = each.trial();
      List<Series> series = each.series();
      all.add(
          trial.allocation() && !series.isEmpty()
              ? new Report.Case(trial, comparison.withAllocation(trial, series))
              : each);
    }
    return all;
  }

  private synchronized Contestant add(Contestant contestant) {
    started.push(contestant);
    return contestant;
  }

  private List<String> method(String usualName) {
    return List.of(
        "again: `./nearside bench " + usualName + "`; written by the run",
        "clients: a closed loop on the same machine, one thread of a process of its own unless said"
            + " otherwise; \"generator\" is how much of a core that took",
        "rounds: %d of %.1f s, each after %.1f s of warm-up; before its first one Nearside, which has"
                .formatted(
                    options.rounds(),
                    options.measured().toMillis() / 1e3,
                    options.warmup().toMillis() / 1e3)
            + " to be compiled, has one of %.1f s that nobody looks at; servers in turn; medians of"
                .formatted(options.first().toMillis() / 1e3)
            + " the rounds",
        "hits: where some of the keys are cold, the hot ones are read alone before, so that memory"
            + " holds them; \"answered locally\" is what it then came to",
        "every reply, warm-up included, was compared byte by byte with what it must be; what was"
            + " counted up was found at Redis",
        "p50 and p99: from a batch's write to a reply's arrival",
        "CPU: user and system time of the server's process, and of the Redis behind a proxy, per"
            + " request of a client");
  }

  private synchronized void closeAll() {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        out.println("could not be stopped: " + e.getMessage());
      }
    }
  }
}
