package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.generator.KeySpace;
import dev.nearside.benchmarks.generator.Load;
import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.generator.Values;
import dev.nearside.benchmarks.generator.Workload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** GET hits of small and large values, by few and many clients, over TCP and a Unix socket. */
@Command(
    name = "sizes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "GET hits by value size, number of clients, popularity of keys, kind of socket.")
final class SizesRun implements Callable<Integer> {
  private static final int KILOBYTE = 1024;
  private static final int MEGABYTE = 1_000_000;
  private static final int MOST_BYTES = 32 * MEGABYTE; // half of what memory holds by default
  private static final int LARGE = 64 * KILOBYTE;
  private static final int[] SIZES = {16, KILOBYTE, 10 * KILOBYTE, LARGE, MEGABYTE};
  private static final int[] COMPRESSIBLE = {LARGE, 4 * LARGE, 8 * LARGE, MEGABYTE};
  private static final int[] CONNECTIONS = {1, 10, 1000};

  @Mixin private final RunOptions options = new RunOptions();
  private final LoadGenerator generator;

  SizesRun() {
    this(Generator::inOwnProcess);
  }

  SizesRun(LoadGenerator generator) {
    this.generator = generator;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Stage> stages = new ArrayList<>();
    for (int size : SIZES) {
      stages.add(values(Values.of(size), entrants()));
    }
    for (int size : COMPRESSIBLE) {
      stages.add(values(new Values(size, true), withCompressed()));
    }
    stages.add(clients());
    stages.add(unixSocket());
    return new LoadRun(options, generator).run("sizes", stages);
  }

  private static List<Entrant> entrants() {
    return List.of(Entrant.of(Peer.REDIS), Entrant.of(Peer.NEARSIDE));
  }

  /** One more that holds them compressed, whatever the default: from where on does that pay? */
  private static List<Entrant> withCompressed() {
    Entrant nearside = Entrant.of(Peer.NEARSIDE);
    Entrant compressed = nearside.with("nearside, held compressed", "l1.compress-above=1KiB");
    return List.of(Entrant.of(Peer.REDIS), nearside, compressed);
  }

  private Stage values(Values values, List<Entrant> entrants) {
    int keys = Math.min(options.keys(), MOST_BYTES / values.bytes());
    String title =
        String.format(
            Locale.ROOT,
            "values of %,d bytes%s, pipeline 1",
            values.bytes(),
            values.compressible() ? ", compressible" : "");
    Load load = options.load(Workload.READ, 1, KeySpace.uniform(keys), values);
    Target[] targets =
        values.bytes() < LARGE
            ? new Target[0]
            : new Target[] {Target.atLeast(1, Measure.BYTES, Peer.REDIS.label())};
    Trial trial = new Trial(title, load, Peer.REDIS, targets).noting("%,d keys.".formatted(keys));
    return new Stage(entrants, new DataSet(keys, 0, values), List.of(trial));
  }

  private Stage clients() {
    List<Trial> trials = new ArrayList<>();
    for (int connections : CONNECTIONS) {
      trials.add(
          new Trial(
              "%d connections, pipeline 1".formatted(connections),
              options.load(Workload.READ, 1).by(connections),
              Peer.REDIS));
    }
    KeySpace zipfian = KeySpace.uniform(options.keys()).asZipfian();
    for (int pipeline : new int[] {1, 32}) {
      trials.add(
          new Trial(
              "Zipfian keys, pipeline %d".formatted(pipeline),
              options.load(Workload.READ, pipeline, zipfian, RunOptions.VALUES),
              Peer.REDIS));
    }
    return new Stage(entrants(), options.data(), trials);
  }

  private Stage unixSocket() {
    List<Trial> trials = new ArrayList<>();
    for (int pipeline : new int[] {1, 32}) {
      trials.add(
          new Trial(
              "Unix socket, pipeline %d".formatted(pipeline),
              options.load(Workload.READ, pipeline),
              Peer.REDIS));
    }
    List<Entrant> entrants = entrants().stream().map(entrant -> entrant.over(Links.UNIX)).toList();
    return new Stage(entrants, options.data(), trials);
  }
}
