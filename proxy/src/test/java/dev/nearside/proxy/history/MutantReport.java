package dev.nearside.proxy.history;

import dev.nearside.proxy.mutant.Mutant;
import dev.nearside.proxy.scene.RedisProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The page about what notices each mutant. */
record MutantReport(List<Row> rows, long seed, Duration limit) {
  /**
   * One scenario played against a mutant.
   *
   * @param found the time to the first violation, or null where there was none
   * @param what what was found, or that nothing was
   */
  record Try(Scenario scenario, @Nullable Duration found, String what) {
    @Override
    public String toString() {
      return found == null
          ? scenario + ": " + what
          : String.format(
              Locale.ROOT, "%s: %s after %.1f s", scenario, what, found.toMillis() / 1e3);
    }
  }

  /**
   * One mutant.
   *
   * @param test the deterministic test that fails on it; looked for where no history did
   */
  record Row(Mutant mutant, List<Try> tries, @Nullable String test) {
    @Override
    public String toString() {
      String by = tries.stream().map(Try::toString).collect(Collectors.joining("; "));
      return "| %s | %s | %s | %s |"
          .formatted(mutant, mutant.sentence(), by.isEmpty() ? "not played" : by, byTest());
    }

    private String byTest() {
      if (found() || mutant == Mutant.NOTHING) {
        return "-";
      }
      return test == null ? "**none**" : "`" + test + "`";
    }

    private boolean found() {
      return tries.stream().anyMatch(one -> one.found() != null);
    }
  }

  /** Writes the page. */
  void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, markdown());
  }

  private String markdown() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append(
        String.format(
            Locale.ROOT,
            """
            # Mutants, %s

            Each mechanism of the coherence contract switched off in the sidecars' compiled code, and what
            notices: the time from a history's first operation to its first violation. Where no history does
            within %d s a scenario, the deterministic tests that should were run against the mutant, and the
            first that failed is named.

            - Nearside: commit %s
            - Redis %s; seed %d; two sidecars in processes of their own; %d cores for all
            - again: `./nearside mutants [SECONDS]`; written by the run

            | mutant | what it breaks | histories | deterministic test |
            |---|---|---|---|
            """,
            LocalDate.now(ZoneOffset.UTC),
            limit.toSeconds(),
            HistoryReport.commit(),
            RedisProgram.preferred().version(),
            seed,
            Runtime.getRuntime().availableProcessors()));
    rows.forEach(row -> page.append(row).append('\n'));
    return page.toString();
  }
}
