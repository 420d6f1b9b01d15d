package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.generator.KeySpace;
import dev.nearside.benchmarks.generator.Load;
import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.generator.Workload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Reads and writes at several hit ratios, with Redis beside the client and a millisecond away. */
@Command(
    name = "mixed",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Reads and writes at 50, 90 and 99 %% hits; Redis near, and a millisecond away.")
final class MixedRun implements Callable<Integer> {
  private static final String REDIS = Peer.REDIS.label();
  private static final Target REDIS_CPU = Target.atMost(1, Measure.REDIS_CPU, REDIS);

  /** A hit ratio, and what is to be reached at it. */
  private enum Hits {
    HALF(0.50, 0.6, 1.8),
    MANY(0.90, 0.9, 6),
    MOST(0.99, 1.1, 25);

    private final double share;
    private final double nearTarget;
    private final double farTarget;

    Hits(double share, double nearTarget, double farTarget) {
      this.share = share;
      this.nearTarget = nearTarget;
      this.farTarget = farTarget;
    }
  }

  @Mixin private final RunOptions options = new RunOptions();
  private final LoadGenerator generator;

  MixedRun() {
    this(Generator::inOwnProcess);
  }

  MixedRun(LoadGenerator generator) {
    this.generator = generator;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    DataSet data = new DataSet(options.keys(), options.coldKeys(), RunOptions.VALUES);
    Entrant redis = Entrant.of(Peer.REDIS);
    Entrant nearside = Entrant.of(Peer.NEARSIDE);
    List<Trial> near = new ArrayList<>();
    List<Trial> far = new ArrayList<>();
    for (Hits hits : Hits.values()) {
      near.add(near(hits));
    }
    for (Workload workload : List.of(Workload.MIXED, Workload.READ)) {
      for (Hits hits : Hits.values()) {
        far.add(far(workload, hits, options.connections()));
        far.add(far(workload, hits, 1));
      }
    }
    return new LoadRun(options, generator)
        .run(
            "mixed",
            List.of(
                new Stage(List.of(redis, nearside), data, near),
                new Stage(List.of(redis.asFar(), nearside.asFar()), data, far)));
  }

  private Trial near(Hits hits) {
    return new Trial(
        heading(Workload.MIXED, hits) + ", pipeline 32",
        load(Workload.MIXED, hits, 32),
        Peer.REDIS,
        Target.atLeast(hits.nearTarget, Measure.REQUESTS, REDIS),
        REDIS_CPU);
  }

  private Trial far(Workload workload, Hits hits, int connections) {
    Load load = load(workload, hits, 1).by(connections);
    String clients = connections == 1 ? "1 connection" : connections + " connections";
    return new Trial(
            heading(workload, hits) + ", pipeline 1, " + clients + ", Redis a millisecond away",
            load,
            Peer.REDIS,
            Target.atLeast(hits.farTarget, Measure.REQUESTS, REDIS),
            REDIS_CPU)
        .noting(
            String.format(
                Locale.ROOT,
                "What memory does not answer takes the round trip: the ratio of requests/s cannot"
                    + " be above 1 / (1 − %.2f × %.2f) = %.2f; nor, with many connections, above"
                    + " what the cores can do.",
                workload.reads(),
                hits.share,
                1 / (1 - load.hotRequests())));
  }

  private static String heading(Workload workload, Hits hits) {
    String what = workload == Workload.READ ? "reads only" : "90 % reads";
    return String.format(Locale.ROOT, "%s, %.0f %% hits", what, 100 * hits.share);
  }

  private Load load(Workload workload, Hits hits, int pipeline) {
    KeySpace keys = KeySpace.uniform(options.keys()).withCold(options.coldKeys(), hits.share);
    return options.load(workload, pipeline, keys, RunOptions.VALUES);
  }
}
