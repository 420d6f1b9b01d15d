package dev.nearside.proxy.parity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;

/**
 * The page about runs that have ended without a difference; there is none of any other.
 *
 * @param shape how the sidecar was reached, and reached Redis
 * @param direct whether both servers were spoken to directly
 */
record ParityReport(List<Outcome> outcomes, Shape shape, boolean direct) {
  /** Writes the page into the directory: {@code parity.md}, or one with more in its name. */
  void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(
        directory.resolve((direct ? "parity-direct" : shape.report()) + ".md"), markdown());
  }

  private String markdown() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Random streams of commands, %s

        - compared: %s
        - Nearside: commit %s
        - JDK: %s %s
        - %d clients, pipelined, cut at random bytes; whatever one turn asks is answered before the next
        - again: `./nearside parity -Dparity.seed=SEED%s`; written by the run, at its end

        | Redis | protocol | seed | commands | turns | writes to a socket | replies and pushes | GET and MGET | answered by L1 | differences |
        |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
        """
            .formatted(
                LocalDate.now(ZoneOffset.UTC),
                direct
                    ? "two servers, both spoken to directly: what is masked, and nothing else, differs"
                    : "a server spoken to directly, and one behind Nearside, byte for byte"
                        + shape.remark(),
                commit(),
                System.getProperty("java.vm.name"),
                Runtime.version(),
                CommandStream.CLIENTS,
                direct ? " -Dparity.direct=true" : shape.option()));
    outcomes.forEach(outcome -> page.append(row(outcome)));
    if (shape == Shape.CLUSTER && !direct) {
      page.append(foretold());
    }
    return page.toString();
  }

  /** Lists how often the cluster was known to be different, before it was asked. */
  private String foretold() {
    long told = outcomes.stream().mapToLong(outcome -> outcome.tally().told()).sum();
    long heard = outcomes.stream().mapToLong(outcome -> outcome.tally().heard()).sum();
    StringBuilder table =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                """

                Differences above are those that nothing in README.md explains; all keys were compared at the end and 100 turns apart, too. \
                Of %,d messages %,d came before their client had ended its subscription or itself, and no others.

                | what was foretold, and came | commands |
                |---|--:|
                """,
                told,
                heard));
    for (ClusterDifference difference : ClusterJudge.FORETOLD) {
      long times =
          outcomes.stream()
              .mapToLong(outcome -> outcome.tally().differences().getOrDefault(difference, 0L))
              .sum();
      table.append(String.format(Locale.ROOT, "| %s | %,d |%n", difference.words(), times));
    }
    return table.toString();
  }

  /** A run that differs ends before it is an outcome. */
  private static String row(Outcome outcome) {
    Tally tally = outcome.tally();
    return String.format(
        Locale.ROOT,
        "| %s | RESP%d | %d | %,d | %,d | %,d | %,d | %,d | %.1f %% | 0 |%n",
        outcome.redis(),
        outcome.scenario().protocol(),
        outcome.scenario().seed(),
        tally.commands(),
        tally.turns(),
        tally.pieces(),
        tally.replies(),
        outcome.reads(),
        100 * outcome.localShare());
  }

  private static String commit() throws IOException {
    Process git =
        new ProcessBuilder("git", "describe", "--always", "--dirty")
            .redirectErrorStream(true)
            .start();
    try (var said = git.inputReader()) {
      String line = said.readLine();
      return line == null ? "unknown" : line;
    }
  }
}
