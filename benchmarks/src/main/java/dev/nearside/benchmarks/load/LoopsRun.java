package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.generator.Workload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** GET hits on two event loops against one. */
@Command(
    name = "loops",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "GET hits with two event loops against one.")
final class LoopsRun implements Callable<Integer> {
  private static final int CORES = 4;
  private static final String ONE = "nearside, 1 loop";
  private static final String TWO = "nearside, 2 loops";

  @Mixin private final RunOptions options = new RunOptions();
  private final LoadGenerator generator;

  LoopsRun() {
    this(Generator::inOwnProcess);
  }

  LoopsRun(LoadGenerator generator) {
    this.generator = generator;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Entrant> entrants =
        List.of(
            new Entrant(ONE, Peer.NEARSIDE, List.of("event-loops=1"), false, Links.TCP),
            new Entrant(TWO, Peer.NEARSIDE, List.of("event-loops=2"), false, Links.TCP));
    int cores = Runtime.getRuntime().availableProcessors();
    List<Trial> trials = new ArrayList<>();
    for (int pipeline : new int[] {1, 32}) {
      trials.add(trial(pipeline, cores));
    }
    return new LoadRun(options, generator)
        .run("loops", List.of(new Stage(entrants, options.data(), trials)));
  }

  /** Two loops need two cores, and so do the clients that keep both busy. */
  private Trial trial(int pipeline, int cores) {
    boolean enough = cores >= CORES;
    List<Target> targets =
        enough ? List.of(Target.atLeast(1.8, Measure.REQUESTS, ONE).of(TWO)) : List.of();
    String note =
        enough
            ? "Clients are on two threads of the generator."
            : "The loops and their clients share %d cores; what two loops can do shows on %d."
                .formatted(cores, CORES);
    return new Trial(
        "GET hit, pipeline %d".formatted(pipeline),
        options.load(Workload.READ, pipeline).onThreads(enough ? 2 : 1),
        ONE,
        targets,
        List.of(note),
        false,
        false);
  }
}
