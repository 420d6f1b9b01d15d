package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.servers.Machine;
import dev.nearside.benchmarks.servers.Programs;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * GET hits and a relayed INCR, one at a time and 32 at a time, on Redis and what stands before it.
 */
@Command(
    name = "first",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "GET hits and relayed INCR at pipeline 1 and 32: Redis, Nearside, other proxies.")
final class FirstRun implements Callable<Integer> {
  @Option(names = "--rounds", defaultValue = "5", description = "Rounds (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "5",
      description = "Measured seconds of a round (${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--warmup",
      defaultValue = "2",
      description = "Seconds of load before them (${DEFAULT-VALUE}).")
  private double warmup;

  @Option(
      names = "--connections",
      defaultValue = "50",
      description = "Clients at once (${DEFAULT-VALUE}).")
  private int connections;

  @Option(names = "--keys", defaultValue = "10000", description = "Keys (${DEFAULT-VALUE}).")
  private int keys;

  @Option(
      names = "--peers",
      split = ",",
      description = "Of ${COMPLETION-CANDIDATES}; Redis always takes part (all installed).")
  private @Nullable Set<Peer> peers;

  @Option(
      names = "--same",
      description = "Compares Redis with a second, identical Redis only: shows the noise.")
  private boolean same;

  @Option(
      names = "--name",
      defaultValue = "first",
      description = "Of the files (${DEFAULT-VALUE}).")
  private String name = "first";

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the report goes (benchmarks/results).")
  private Path results = Path.of("benchmarks", "results");

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  @Override
  public Integer call() throws Exception {
    Thread hook = new Thread(this::closeAll, "bench-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      Report report = run();
      report.write(results);
      out.println();
      out.print(report.markdown());
      return 0;
    } finally {
      closeAll();
    }
  }

  private Report run() throws IOException, InterruptedException {
    ScratchDirectory scratch = ScratchDirectory.create();
    started.push(scratch);
    Path program = RedisProgram.INSTALLED.find(scratch.path());
    List<Contestant> contestants = same ? twice(program, scratch) : peers(program, scratch);
    Map<String, String> machine = Machine.describe(); // before our own load is part of its load
    Comparison comparison = new Comparison(contestants, out);
    List<Report.Case> cases = new ArrayList<>();
    for (Load load : loads()) {
      cases.add(new Report.Case(load, comparison.run(load, rounds)));
    }
    return new Report(
        name,
        LocalDate.now(ZoneOffset.UTC).toString(),
        machine,
        versions(contestants.getFirst()),
        cases);
  }

  private List<Contestant> twice(Path program, ScratchDirectory scratch) throws IOException {
    return List.of(
        add(Contestant.redis("redis", program, scratch.path(), keys)),
        add(Contestant.redis("redis again", program, scratch.path(), keys)));
  }

  private List<Contestant> peers(Path program, ScratchDirectory scratch) throws IOException {
    List<Contestant> contestants = new ArrayList<>();
    for (Peer peer : wanted()) {
      if (!peer.isInstalled()) {
        throw new ServerException(peer.label() + " is not installed.");
      }
      out.println("starting " + peer.label());
      contestants.add(add(Contestant.of(peer, program, scratch.path(), keys)));
    }
    return contestants;
  }

  private Set<Peer> wanted() {
    Set<Peer> wanted = EnumSet.of(Peer.REDIS);
    if (peers != null) {
      wanted.addAll(peers);
      return wanted;
    }
    wanted.addAll(
        EnumSet.allOf(Peer.class).stream().filter(Peer::isInstalled).collect(Collectors.toSet()));
    return wanted;
  }

  private Contestant add(Contestant contestant) {
    started.push(contestant);
    return contestant;
  }

  private List<Load> loads() {
    List<Load> loads = new ArrayList<>();
    for (Load.Operation operation : Load.Operation.values()) {
      for (int pipeline : new int[] {1, 32}) {
        loads.add(
            new Load(
                0,
                List.of(),
                operation,
                pipeline,
                connections,
                keys,
                Math.round(warmup * 1000),
                Math.round(seconds * 1000)));
      }
    }
    return loads;
  }

  private Map<String, String> versions(Contestant redis) throws IOException {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("Redis", redis.redisVersion());
    versions.put("JDK", System.getProperty("java.vm.name") + " " + Runtime.version());
    String home = System.getProperty("nearside.home", ".");
    Programs.output(List.of("git", "-C", home, "describe", "--always", "--dirty"))
        .ifPresent(commit -> versions.put("Nearside", "commit " + commit));
    for (Peer peer : wanted()) {
      String version = peer.version();
      if (version != null && !same) {
        versions.put(peer.label(), version);
      }
    }
    return versions;
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
