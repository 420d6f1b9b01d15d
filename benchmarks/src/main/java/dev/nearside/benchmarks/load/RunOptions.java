package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.KeySpace;
import dev.nearside.benchmarks.generator.Load;
import dev.nearside.benchmarks.generator.Values;
import dev.nearside.benchmarks.generator.Workload;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that runs have in common, for picocli's {@code @Mixin}. Filled by the command line,
 * and read by one thread afterwards; not every run has a use for each of them.
 */
public final class RunOptions {
  static final Values VALUES = Values.of(100);

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
      description = "Seconds of the same load before them (${DEFAULT-VALUE}).")
  private double warmup;

  @Option(
      names = "--first",
      defaultValue = "5",
      description = "Seconds of the round before the rounds that count (${DEFAULT-VALUE}).")
  private double first;

  @Option(
      names = "--connections",
      defaultValue = "50",
      description = "Clients at once (${DEFAULT-VALUE}).")
  private int connections;

  @Option(names = "--keys", defaultValue = "10000", description = "Keys (${DEFAULT-VALUE}).")
  private int keys;

  @Option(
      names = "--cold-keys",
      defaultValue = "500000",
      description = "Keys to be read one after the other (${DEFAULT-VALUE}).")
  private int coldKeys;

  @Option(
      names = "--peers",
      split = ",",
      description = "Of ${COMPLETION-CANDIDATES} (all installed).")
  private @Nullable Set<Peer> peers;

  @Option(
      names = "--only",
      description = "Only what has this text in its heading; may be given repeatedly (all).")
  private List<String> only = List.of();

  @Option(names = "--name", description = "Of the report's files (the run's name).")
  private @Nullable String name;

  @Option(
      names = "--out",
      defaultValue = "${sys:nearside.home:-.}/benchmarks/results",
      description = "Where the report goes (benchmarks/results).")
  private Path out = Path.of("benchmarks", "results");

  /** Returns how many rounds count. */
  public int rounds() {
    return rounds;
  }

  /** Returns the length of a round's measured interval. */
  public Duration measured() {
    return duration(seconds);
  }

  /** Returns for how long a round's load runs before that interval. */
  public Duration warmup() {
    return duration(warmup);
  }

  /** Returns the length of the measured interval of the round that nobody looks at. */
  public Duration first() {
    return duration(first);
  }

  /** Returns how many clients there are at once. */
  public int connections() {
    return connections;
  }

  /** Returns how many different keys are asked for. */
  public int keys() {
    return keys;
  }

  /** Returns how many keys there are to be read one after the other. */
  int coldKeys() {
    return coldKeys;
  }

  /** Returns a load on the keys of this run, uniform and all hot, with values of 100 bytes. */
  Load load(Workload workload, int pipeline) {
    return load(workload, pipeline, KeySpace.uniform(keys), VALUES);
  }

  /** Returns a load on other keys and values. */
  Load load(Workload workload, int pipeline, KeySpace keySpace, Values values) {
    return new Load(workload, pipeline, connections, keySpace, values, 0, 0, 1, 0);
  }

  /** Returns what such loads read; of the cold keys none. */
  DataSet data() {
    return new DataSet(keys, 0, VALUES);
  }

  /** Returns whether this program is wanted. */
  boolean wants(Peer peer) {
    return peers == null || peers.contains(peer);
  }

  /** Returns whether the part of the run with this heading is wanted. */
  public boolean wants(String heading) {
    return only.isEmpty() || only.stream().anyMatch(heading::contains);
  }

  /** Returns the name of the report's files without their endings, {@code usual} unless given. */
  public String name(String usual) {
    return name == null ? usual : name;
  }

  /** Returns the directory of the report's files. */
  public Path out() {
    return out;
  }

  private static Duration duration(double seconds) {
    return Duration.ofMillis(Math.round(seconds * 1000));
  }
}
