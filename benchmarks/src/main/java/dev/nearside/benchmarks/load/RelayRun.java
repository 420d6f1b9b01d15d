package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.generator.KeySpace;
import dev.nearside.benchmarks.generator.Load;
import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.generator.Workload;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What memory cannot answer: it must not cost much more than through a plain proxy. */
@Command(
    name = "relay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "INCR, EVAL, MULTI, fills and SET of held keys, against nutcracker and HAProxy.")
final class RelayRun implements Callable<Integer> {
  private static final String NUTCRACKER = Peer.NUTCRACKER.label();
  private static final String HAPROXY = Peer.HAPROXY.label();
  private static final String AT_ONCE = "nearside, held at once";
  private static final String ALWAYS = "nearside, always held";

  private static final String FIRST_REQUEST = "l1.admission-window=0s";

  /** Little beside the cold keys, so that they are not there when their turn comes again. */
  private static final String LITTLE_MEMORY = "l1.max-bytes=1MiB";

  @Mixin private final RunOptions options = new RunOptions();
  private final LoadGenerator generator;

  RelayRun() {
    this(Generator::inOwnProcess);
  }

  RelayRun(LoadGenerator generator) {
    this.generator = generator;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    return new LoadRun(options, generator).run("relay", List.of(commands(), fills(), writes()));
  }

  private Stage commands() {
    Target haproxy = Target.atLeast(0.8, Measure.REQUESTS, HAPROXY);
    return new Stage(
        Arrays.stream(Peer.values()).map(Entrant::of).toList(),
        options.data(),
        List.of(
            new Trial(
                "INCR, pipeline 1",
                options.load(Workload.INCR, 1),
                Peer.NUTCRACKER,
                Target.atLeast(1, Measure.REQUESTS, NUTCRACKER),
                Target.atMost(1.1, Measure.CPU, NUTCRACKER)),
            new Trial(
                "INCR, pipeline 32",
                options.load(Workload.INCR, 32),
                Peer.HAPROXY,
                Target.atLeast(1, Measure.REQUESTS, HAPROXY),
                Target.atMost(1.6, Measure.CPU, HAPROXY)),
            new Trial("EVAL, pipeline 1", options.load(Workload.EVAL, 1), Peer.HAPROXY, haproxy)));
  }

  private Stage fills() {
    KeySpace cold = new KeySpace(options.keys(), false, options.coldKeys(), 0);
    Load load = options.load(Workload.READ, 1, cold, RunOptions.VALUES);
    Target target = Target.atLeast(0.8, Measure.REQUESTS, NUTCRACKER);
    Entrant nearside = Entrant.of(Peer.NEARSIDE);
    return new Stage(
        List.of(
            Entrant.of(Peer.REDIS),
            nearside,
            nearside.with(AT_ONCE, FIRST_REQUEST, LITTLE_MEMORY),
            Entrant.of(Peer.NUTCRACKER)),
        new DataSet(options.keys(), options.coldKeys(), RunOptions.VALUES),
        List.of(
            new Trial(
                    "fill: GET of a key that only Redis has, pipeline 1",
                    load,
                    Peer.NUTCRACKER,
                    target,
                    target.of(AT_ONCE))
                .noting(
                    "The %,d keys are read one after the other.".formatted(options.coldKeys())
                        + " By default the first request of a key is relayed, and it is forgotten"
                        + " before its turn comes again; with `l1.admission-window=0s` it brings"
                        + " its key into memory, which is set to hold far fewer.")));
  }

  private Stage writes() {
    Entrant nearside = Entrant.of(Peer.NEARSIDE);
    Target target = Target.atLeast(0.8, Measure.REQUESTS, HAPROXY);
    return new Stage(
        List.of(
            Entrant.of(Peer.REDIS),
            nearside,
            nearside.with(ALWAYS, FIRST_REQUEST, "l1.skip-churning=false"),
            Entrant.of(Peer.HAPROXY)),
        options.data(),
        List.of(
            new Trial(
                    "SET of a held key, pipeline 1",
                    options.load(Workload.GET_SET, 1),
                    Peer.HAPROXY,
                    target,
                    target.of(ALWAYS))
                .noting(
                    "Each SET follows a GET of its key, which brings the key into memory; both"
                        + " count. By default Nearside soon leaves such keys in Redis, because they"
                        + " are changed before they are asked for again; with"
                        + " `l1.skip-churning=false` and `l1.admission-window=0s` a SET finds its"
                        + " key held as often as the GETs brought one into memory."),
            new Trial(
                    "MULTI of 10, pipeline 1",
                    options.load(Workload.MULTI, 1),
                    Peer.HAPROXY,
                    target)
                .noting("A transaction counts as one request.")));
  }
}
