package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.generator.Workload;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** GET of keys that are in memory, one at a time and 32 at a time. */
@Command(
    name = "hits",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "GET hits at pipeline 1 and 32: Redis, Nearside, nutcracker, HAProxy.")
final class HitsRun implements Callable<Integer> {
  private static final String REDIS = Peer.REDIS.label();

  @Mixin private final RunOptions options = new RunOptions();

  @Option(
      names = "--same",
      description = "Compares Redis with a second, identical Redis only: shows the noise.")
  private boolean same;

  private final LoadGenerator generator;

  HitsRun() {
    this(Generator::inOwnProcess);
  }

  HitsRun(LoadGenerator generator) {
    this.generator = generator;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Entrant redis = Entrant.of(Peer.REDIS);
    List<Entrant> entrants =
        same
            ? List.of(redis, redis.with("redis again"))
            : Arrays.stream(Peer.values()).map(Entrant::of).toList();
    return new LoadRun(options, generator)
        .run("hits", List.of(new Stage(entrants, options.data(), trials())));
  }

  private List<Trial> trials() {
    return List.of(
        new Trial(
                "GET hit, pipeline 1",
                options.load(Workload.READ, 1),
                Peer.REDIS,
                Target.atLeast(1, Measure.REQUESTS, REDIS),
                Target.atMost(1.05, Measure.CPU, REDIS),
                Target.atMost(1, Measure.P99, REDIS))
            .withAllocation(),
        new Trial(
                "GET hit, pipeline 32",
                options.load(Workload.READ, 32),
                Peer.REDIS,
                Target.atLeast(1.2, Measure.REQUESTS, REDIS),
                Target.atMost(0.8, Measure.CPU, REDIS))
            .withAllocation());
  }
}
