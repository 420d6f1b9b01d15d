package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.generator.Workload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What is passed through and what is in memory, over every kind of link but plain TCP. */
@Command(
    name = "links",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    defaultValueProvider = LinksDefaults.class,
    description = "INCR and GET hits by TLS, Unix sockets and over a cluster, against HAProxy.")
final class LinksRun implements Callable<Integer> {

  /** The longer first: it has all compiled, and memory filled, in a fraction of the time. */
  private static final int[] PIPELINES = {32, 1};

  private static final String TLS_UPSTREAM =
      "Clients speak clear text to the proxy, and that TLS to Redis; beside them a client that"
          + " speaks TLS to Redis by itself.";
  private static final String TLS =
      "Clients speak TLS to the proxy, and that speaks TLS to Redis; beside them a client that"
          + " speaks TLS to Redis by itself.";
  private static final String UNIX =
      "Unix sockets between clients and proxy, and between proxy and Redis.";
  private static final String CLUSTER =
      "Clients of Nearside know of no cluster. The others ask the right node by themselves, each"
          + " client one of the nodes only, which is the least that a cluster can cost; the CPU is"
          + " that of all nodes.";

  @Mixin private final RunOptions options = new RunOptions();
  private final LoadGenerator generator;

  LinksRun() {
    this(Generator::inOwnProcess);
  }

  LinksRun(LoadGenerator generator) {
    this.generator = generator;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    return new LoadRun(options, generator)
        .run(
            "links",
            List.of(
                beside(Links.TLS_UPSTREAM, "TLS to Redis", TLS_UPSTREAM),
                beside(Links.TLS, "TLS on both sides", TLS),
                beside(Links.UNIX, "Unix sockets", UNIX),
                clusterRelayed(),
                clusterHits()));
  }

  /** Redis without a proxy, Nearside and HAProxy; nutcracker knows plain TCP only. */
  private Stage beside(Links links, String heading, String note) {
    List<Trial> trials = new ArrayList<>();
    for (int pipeline : PIPELINES) {
      trials.add(trial(heading + ", INCR", Workload.INCR, pipeline, Peer.HAPROXY, note));
    }
    for (int pipeline : PIPELINES) {
      trials.add(hit(heading, pipeline, note));
    }
    List<Entrant> entrants =
        Stream.of(Peer.REDIS, Peer.NEARSIDE, Peer.HAPROXY)
            .map(peer -> Entrant.of(peer).over(links))
            .toList();
    return new Stage(entrants, options.data(), trials);
  }

  private Stage clusterRelayed() {
    List<Trial> trials = new ArrayList<>();
    for (Workload workload : List.of(Workload.READ, Workload.INCR)) {
      String what = workload == Workload.READ ? "GET passed through" : "INCR";
      for (int pipeline : PIPELINES) {
        trials.add(trial("Cluster of three, " + what, workload, pipeline, Peer.REDIS, CLUSTER));
      }
    }
    return cluster(Entrant.of(Peer.NEARSIDE).with("nearside, L1 off", "l1.mode=off"), trials);
  }

  private Stage clusterHits() {
    List<Trial> trials = new ArrayList<>();
    for (int pipeline : PIPELINES) {
      trials.add(hit("Cluster of three", pipeline, CLUSTER));
    }
    return cluster(Entrant.of(Peer.NEARSIDE), trials);
  }

  private Stage cluster(Entrant nearside, List<Trial> trials) {
    List<Entrant> entrants =
        List.of(Entrant.of(Peer.REDIS).over(Links.CLUSTER), nearside.over(Links.CLUSTER));
    return new Stage(entrants, options.data(), trials);
  }

  private Trial hit(String heading, int pipeline, String note) {
    return trial(heading + ", GET hit", Workload.READ, pipeline, Peer.REDIS, note).ifFromMemory();
  }

  private Trial trial(String what, Workload workload, int pipeline, Peer peer, String note) {
    String title = "%s, pipeline %d".formatted(what, pipeline);
    return new Trial(title, options.load(workload, pipeline), peer).noting(note);
  }
}
