package dev.nearside.proxy.history;

import dev.nearside.proxy.mutant.AgentJar;
import dev.nearside.proxy.mutant.Mutant;
import dev.nearside.proxy.mutant.TestHunt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Plays histories against each {@link Mutant} until one shows it, else runs the deterministic tests
 * that should, and writes a report: {@code ./nearside mutants 20}. Properties by {@code
 * NEARSIDE_JAVA_OPTS}:
 *
 * <ul>
 *   <li>{@code history.seed}: of every run
 *   <li>{@code mutants.only}: a regular expression for the names of mutants
 * </ul>
 */
final class MutantHunt {
  private static final long SEED = Long.getLong("history.seed", 1);
  private static final String ONLY = System.getProperty("mutants.only", ".*");
  private static final Scenario TRACKED_LATE = Scenario.of(Weather.TRACKED_LATE);
  private static final Scenario OTHERS_LATE = Scenario.of(Weather.OTHERS_LATE);
  private static final Scenario BOTH_VARY = Scenario.of(Weather.BOTH_VARY);
  private static final Scenario FLUSHES = new Scenario(Weather.CALM, Fault.NONE, true);
  private static final Scenario CLOSED =
      new Scenario(Weather.OTHERS_LATE, Fault.TRACKING_REFUSED, false);

  private final Path jar;
  private final Duration limit;

  private MutantHunt(Path jar, Duration limit) {
    this.jar = jar;
    this.limit = limit;
  }

  /** Takes the project's root and how many seconds each scenario is played at most. */
  public static void main(String[] args) throws Exception {
    Path file = Path.of(args[0]).resolve("benchmarks/results/mutants.md");
    Duration limit = Duration.ofSeconds(Long.parseLong(args[1]));
    Path jar = AgentJar.write();
    try {
      MutantHunt hunt = new MutantHunt(jar, limit);
      List<MutantReport.Row> rows = new ArrayList<>();
      for (Mutant mutant : Mutant.values()) {
        if (mutant.name().matches(ONLY)) {
          rows.add(hunt.hunt(mutant));
          System.out.println(rows.getLast()); // it is a command
          new MutantReport(rows, SEED, limit).write(file);
        }
      }
    } finally {
      Files.delete(jar);
    }
    System.exit(0);
  }

  private MutantReport.Row hunt(Mutant mutant) throws Exception {
    List<MutantReport.Try> tries = new ArrayList<>();
    for (Scenario scenario : scenarios(mutant)) {
      MutantReport.Try one = play(mutant, scenario);
      tries.add(one);
      if (one.found() != null) {
        return new MutantReport.Row(mutant, tries, null);
      }
    }
    String test = TestHunt.run(mutant, AgentJar.option(jar, mutant));
    return new MutantReport.Row(mutant, tries, test);
  }

  private MutantReport.Try play(Mutant mutant, Scenario scenario) throws Exception {
    List<String> options = List.of("-XX:TieredStopAtLevel=1", AgentJar.option(jar, mutant));
    HistoryRun.Settings settings =
        new HistoryRun.Settings(scenario, SEED, Long.MAX_VALUE, 0, limit, 1, options);
    long startedNs = System.nanoTime();
    try {
      Duration found = HistoryRun.play(settings).toFirst();
      return new MutantReport.Try(scenario, found, found == null ? "no" : "violation");
    } catch (IllegalStateException e) { // its replies are not even those of a Redis
      Duration time = Duration.ofNanos(System.nanoTime() - startedNs);
      return new MutantReport.Try(scenario, time, "no history (" + why(e) + ")");
    } catch (AssertionError e) { // a busy machine is none of its doing
      return new MutantReport.Try(scenario, null, "not played to its end (" + why(e) + ")");
    }
  }

  private static String why(Throwable trouble) {
    Throwable cause = trouble.getCause();
    return String.valueOf(cause == null ? trouble : cause).replace('|', '/').replace('\n', ' ');
  }

  /** Returns where a mutant should be found; none where histories cannot see it. */
  private static List<Scenario> scenarios(Mutant mutant) {
    return switch (mutant) {
      case NOTHING -> List.of(TRACKED_LATE, OTHERS_LATE);
      case NULL_PUSH_IGNORED, FLUSH_DROPS_NOTHING, FLUSH_NOT_FENCED -> List.of(FLUSHES);
      case EPOCH_NOT_COMPARED -> List.of(FLUSHES, Scenario.of(Fault.TRACKED_KILLED));
      case EPOCH_NOT_MOVED, TRACKING_UNCONFIRMED -> List.of(Scenario.of(Fault.TRACKING_REFUSED));
      case NEVER_STALE, NEVER_GIVES_UP -> List.of(Scenario.of(Fault.HALF_OPEN));
      case ANY_NODE -> List.of(Scenario.of(Fault.OTHER_NODE));
      case SHARED_READ_JOINED_LATE -> List.of(CLOSED);
      case FENCE_NEVER_UP, MGET_TORN, ORDER_FORGOTTEN, OWN_READ_OVERTAKEN -> List.of(OTHERS_LATE);
      case NO_DROP_BEFORE, NO_DROP_AT_REPLY, FLIGHT_PASSES_FENCE -> List.of(OTHERS_LATE);
      case TWO_MOMENTS, JOINERS_TOLD_THE_EXPIRED, OWN_FLIGHT_OVERTAKEN -> List.of(BOTH_VARY);
      case LOCAL_IN_MULTI, TTL_IGNORED, EXPIRY_IGNORED -> List.of(Scenario.of(Weather.CALM));
      case PUSH_IGNORED,
          NO_DROP_OF_WRITES,
          WRITES_UNNOTICED,
          RELAYED_READ_UNNOTICED,
          PUBLISHED_ALWAYS,
          CLOCK_AT_RECEIPT,
          NO_FLOOR,
          REPLY_NOT_HELD,
          MESSAGE_NOT_HELD,
          BARRIER_AT_ONCE,
          JOINED_BELOW_FLOOR,
          NOT_STRICT,
          OPAQUE_WRITE_UNNOTICED,
          QUEUED_KEYS_FORGOTTEN,
          LOCAL_AFTER_WATCH ->
          List.of(TRACKED_LATE);
      default -> List.of();
    };
  }
}
