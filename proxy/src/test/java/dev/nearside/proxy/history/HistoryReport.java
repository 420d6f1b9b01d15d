package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.RedisProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/** The page about a long run, as far as it has come. */
record HistoryReport(Shape shape, List<HistoryResult> results) {
  private static final String COMMIT = describe(); // before a report is written

  /** Writes the page. */
  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, markdown());
  }

  private String markdown() throws IOException {
    long operations = results.stream().mapToLong(HistoryResult::operations).sum();
    long violations = results.stream().mapToLong(result -> result.violations().size()).sum();
    double seconds = results.stream().mapToDouble(result -> result.time().toMillis() / 1e3).sum();
    StringBuilder page = new StringBuilder();
    page.append(
        String.format(
            Locale.ROOT,
            """
            # Concurrent histories, %s

            - %,d operations checked against the coherence contract in %,.0f s (%,.0f a second), violations: %d
            - Nearside: commit %s; Redis %s
            - JDK: %s %s, %d cores for clients, checker, sidecars and Redis
            - two sidecars and clients at Redis itself; groups of %d keys in two %s
            - weather: *tracked late* and *others late* delay tracked or all other connections by 1 to 200 ms
            - undecided: rounds whose check was given up; unanswered: connections lost with a command on them
            - again: `./nearside history %sOPERATIONS`; written by the run

            | scenario | seed | operations | a second | rounds | undecided | strikes | unanswered | GET and MGET | answered by L1 | pushes | barriers | fills published | fills killed | violations |
            |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
            """,
            LocalDate.now(ZoneOffset.UTC),
            operations,
            seconds,
            operations / seconds,
            violations,
            COMMIT,
            RedisProgram.preferred().version(),
            System.getProperty("java.vm.name"),
            Runtime.version(),
            Runtime.getRuntime().availableProcessors(),
            Group.KEYS,
            places(shape),
            shape == Shape.SINGLE ? "" : "--shape " + shape + " "));
    results.forEach(result -> page.append(row(result)));
    page.append(recoveries());
    results.stream()
        .filter(result -> !result.violations().isEmpty())
        .forEach(result -> page.append("\n```\n").append(result).append("\n```\n"));
    return page.toString();
  }

  private static String places(Shape shape) {
    return switch (shape) {
      case SINGLE -> "databases";
      case SENTINEL -> "databases; a primary with two replicas, named by three sentinels";
      case CLUSTER ->
          "slots each; three primaries with a replica each; *slot moved*: one that has keys, a few at a time";
    };
  }

  private String recoveries() {
    if (all().isEmpty()) {
      return "";
    }
    StringBuilder page = new StringBuilder();
    page.append(
        String.format(
            Locale.ROOT,
            """

            ## Recovery

            - %d failovers, none of which loses what was acknowledged: before it, the primary is stopped from executing writes, and
              its replicas have executed what it has; each is timed by a client of either sidecar, whose write is sent again after
              2 ms, or on a new connection where the old one was closed
            - *named*: from the going of the primary until %s
            - *write*: until a client's write succeeds; *local*: until memory answers a client's read
            - *after named*: counted from then; 0 where the sidecar knew of it before that
            - *handed over*: the next primary takes writes only when nobody asks the old one any more, which is seen some
              milliseconds later and counted with the rest
            - milliseconds: median / 90th percentile / longest

            | scenario | failovers | named | write | local | write after named | local after named |
            |---|--:|--:|--:|--:|--:|--:|
            """,
            all().size() / 2,
            shape == Shape.CLUSTER
                ? "another has its place; nodes take it for down after 700 ms, then elect one"
                : "most sentinels name another; they take it for down after 500 ms"));
    results.stream()
        .filter(result -> !result.recoveries().isEmpty())
        .forEach(
            result -> page.append(recovery(result.scenario().toString(), result.recoveries())));
    return page.append(recovery("all", all())).toString();
  }

  private List<Recovery> all() {
    return results.stream().flatMap(result -> result.recoveries().stream()).toList();
  }

  private static String recovery(String scenario, List<Recovery> of) {
    return String.format(
        Locale.ROOT,
        "| %s | %d | %s | %s | %s | %s | %s |%n",
        scenario,
        of.size() / 2,
        spread(of, Recovery::namedNs),
        spread(of, Recovery::writtenNs),
        spread(of, Recovery::localNs),
        spread(of, Recovery::writtenAfterNamedNs),
        spread(of, Recovery::localAfterNamedNs));
  }

  private static String spread(List<Recovery> of, ToLongFunction<Recovery> what) {
    long[] ms = of.stream().mapToLong(what).map(TimeUnit.NANOSECONDS::toMillis).sorted().toArray();
    return String.format(
        Locale.ROOT, "%,d / %,d / %,d", ms[at(ms, 0.5)], ms[at(ms, 0.9)], ms[ms.length - 1]);
  }

  private static int at(long[] sorted, double share) {
    return (int) Math.ceil(share * sorted.length) - 1;
  }

  private static String row(HistoryResult result) {
    Counters counters = result.counters();
    return String.format(
        Locale.ROOT,
        "| %s | %d | %,d | %,.0f | %,d | %,d | %,d | %,d | %,d | %.1f %% | %,d | %,d | %,d | %,d | %d |%n",
        result.scenario(),
        result.seed(),
        result.operations(),
        result.rate(),
        result.rounds(),
        result.undecided(),
        result.strikes(),
        result.unanswered(),
        counters.reads(),
        100 * counters.localShare(),
        counters.pushes(),
        counters.barriers(),
        counters.published(),
        counters.killed(),
        result.violations().size());
  }

  /** Returns the commit of the working tree, as it was when the run began. */
  static String commit() {
    return COMMIT;
  }

  private static String describe() {
    ProcessBuilder git =
        new ProcessBuilder("git", "describe", "--always", "--dirty").redirectErrorStream(true);
    try (var said = git.start().inputReader()) {
      return Objects.requireNonNullElse(said.readLine(), "unknown");
    } catch (IOException e) { // no git
      return "unknown";
    }
  }
}
