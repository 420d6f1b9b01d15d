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

/** The page about a long run, as far as it has come. */
record HistoryReport(List<HistoryResult> results) {
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
            - two sidecars and clients at Redis itself; groups of %d keys in two databases
            - weather: *tracked late* and *others late* delay tracked or all other connections by 1 to 200 ms
            - undecided: rounds whose check was given up; unanswered: connections lost with a command on them
            - again: `./nearside history OPERATIONS`; written by the run

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
            Group.KEYS));
    results.forEach(result -> page.append(row(result)));
    results.stream()
        .filter(result -> !result.violations().isEmpty())
        .forEach(result -> page.append("\n```\n").append(result).append("\n```\n"));
    return page.toString();
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
