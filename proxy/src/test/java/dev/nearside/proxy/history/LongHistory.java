package dev.nearside.proxy.history;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plays as many operations as it is told, over all weathers and faults, and writes a report: {@code
 * ./nearside history 50000000}. Each {@link Shape} of servers has its scenarios and its report:
 * {@code ./nearside history --shape sentinel 2000000}, or {@code cluster}. Properties by {@code
 * NEARSIDE_JAVA_OPTS}:
 *
 * <ul>
 *   <li>{@code history.seed}: of the first run; each further one has the next
 *   <li>{@code history.only}: scenarios whose names contain this, {@code _} standing for a space
 *   <li>{@code history.processes}: {@code true} runs every sidecar in a process of its own
 *   <li>{@code history.report}: the name of the report, {@code histories.md} or {@code
 *       histories-SHAPE.md} unless set
 *   <li>{@code redis.carried}: {@code true} plays on Redis 6.2 instead of the one installed
 *   <li>{@code history.sidecar-options}: options of those processes' JVMs, separated by spaces
 * </ul>
 */
final class LongHistory {
  private static final long SEED = Long.getLong("history.seed", 1);
  private static final String ONLY = System.getProperty("history.only", "").replace('_', ' ');
  private static final Duration LONGEST = Duration.ofHours(12);

  /** How many failovers of each kind are played where nothing is late, and elsewhere. */
  private static final int FAILOVERS = 6;

  private static final int FAILOVERS_WHILE_LATE = 3;

  /** How many slots of a cluster are moved, in each weather. */
  private static final int SLOTS = 300;

  private LongHistory() {}

  /** Takes the project's root, the shape and about how many operations to play in all. */
  public static void main(String[] args) throws Exception {
    Path root = Path.of(args[0]);
    Shape shape = Shape.valueOf(args[1].toUpperCase(Locale.ROOT));
    long operations = Long.parseLong(args[2]);
    List<HistoryResult> results = new ArrayList<>();
    Map<Scenario, Double> shares = shares(shape);
    double all = shares.values().stream().mapToDouble(share -> share).sum();
    for (Map.Entry<Scenario, Double> entry : shares.entrySet()) {
      long bound = Math.round(operations * entry.getValue() / all);
      HistoryResult result =
          HistoryRun.play(
              new HistoryRun.Settings(
                  entry.getKey(),
                  SEED + results.size(),
                  bound,
                  leastStrikes(entry.getKey()),
                  LONGEST,
                  crowd(entry.getKey()),
                  jvmOptions()));
      results.add(result);
      System.out.println(result); // it is a command
      write(root, shape, results);
      if (!result.violations().isEmpty()) {
        System.exit(1);
      }
    }
  }

  private static void write(Path root, Shape shape, List<HistoryResult> results)
      throws IOException {
    String usual = shape == Shape.SINGLE ? "histories.md" : "histories-" + shape + ".md";
    String name = System.getProperty("history.report", usual);
    new HistoryReport(shape, results).write(root.resolve("benchmarks/results").resolve(name));
  }

  private static int leastStrikes(Scenario scenario) {
    int slots = scenario.fault() == Fault.SLOT_MOVED ? SLOTS : 0;
    int failovers = scenario.weather().isCalm() ? FAILOVERS : FAILOVERS_WHILE_LATE;
    return scenario.fault().isFailover() ? failovers : slots;
  }

  private static @Nullable List<String> jvmOptions() {
    String options = System.getProperty("history.sidecar-options", "");
    if (options.isEmpty()) {
      return Boolean.getBoolean("history.processes") ? List.of() : null;
    }
    return List.of(options.split(" ", -1));
  }

  /** Returns how many times the usual groups keep all cores busy. */
  private static int crowd(Scenario scenario) {
    if (scenario.fault() != Fault.NONE || scenario.flushes()) {
      return 1; // databases are few, and so is what may break at a time
    }
    return scenario.weather().isCalm() ? 2 : 4;
  }

  /** Returns which part of all operations is played in which scenario; faults take their time. */
  private static Map<Scenario, Double> shares(Shape shape) {
    Map<Scenario, Double> shares = new LinkedHashMap<>();
    for (Weather weather : Weather.values()) {
      shares.put(new Scenario(shape, weather, Fault.NONE, false), 18.0);
    }
    if (shape != Shape.CLUSTER) { // which has one database only
      shares.put(new Scenario(shape, Weather.CALM, Fault.NONE, true), 4.0);
      shares.put(new Scenario(shape, Weather.TRACKED_LATE, Fault.NONE, true), 1.0);
      shares.put(new Scenario(shape, Weather.OTHERS_LATE, Fault.NONE, true), 1.0);
    }
    for (Fault fault : Fault.values()) {
      if (fault != Fault.NONE && fault.befalls(shape)) {
        shares.put(new Scenario(shape, Weather.CALM, fault, false), 1.4);
        shares.put(new Scenario(shape, Weather.TRACKED_LATE, fault, false), 0.5);
        shares.put(new Scenario(shape, Weather.OTHERS_LATE, fault, false), 0.3);
      }
    }
    shares.keySet().removeIf(scenario -> !scenario.toString().contains(ONLY));
    return shares;
  }
}
