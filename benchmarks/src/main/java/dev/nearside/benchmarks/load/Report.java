package dev.nearside.benchmarks.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run found, raw: the tables are computed from it.
 *
 * @param name the run's, and its files'
 * @param date when it was run, ISO 8601
 * @param machine processor, memory, kernel
 * @param versions of everything that took part
 * @param cases the loads, in order
 */
record Report(
    String name,
    String date,
    Map<String, String> machine,
    Map<String, String> versions,
    List<Case> cases) {

  /** One load and the series of every server, the one it is compared with first. */
  record Case(Load load, List<Series> series) {}

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** Writes the raw report and its tables into the directory, under the report's name. */
  void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve(name + ".json"), JSON.writeValueAsString(this) + "\n");
    Files.writeString(directory.resolve(name + ".md"), markdown());
  }

  /** Returns the report as a Markdown page. */
  String markdown() {
    StringBuilder text = new StringBuilder("# Load run " + name + ", " + date + "\n\n");
    machine.forEach((what, value) -> text.append("- %s: %s%n".formatted(what, value)));
    versions.forEach((what, value) -> text.append("- %s: %s%n".formatted(what, value)));
    Load any = cases.getFirst().load();
    text.append(
        """
        - load: %d connections, closed loop, %,d keys in random order, values of %d bytes,
          %d rounds of %.1f s after %.1f s of warm-up, servers in turn; medians of the rounds
        - generator: one thread of a process of its own on the same machine; p50 and p99 are from a
          batch's write to a reply's arrival; CPU is user and system time of the server's process,
          and of the Redis behind a proxy
        """
            .formatted(
                any.connections(),
                any.keys(),
                Load.VALUE_BYTES,
                cases.getFirst().series().getFirst().rounds().size(),
                any.measuredMs() / 1000.0,
                any.warmupMs() / 1000.0));
    cases.forEach(each -> appendTable(text, each));
    return text.toString();
  }

  private static void appendTable(StringBuilder text, Case each) {
    Load load = each.load();
    text.append("\n## %s, pipeline %d%n%n".formatted(load.operation(), load.pipeline()));
    text.append(
        """
        | server | requests/s | p50 µs | p99 µs | CPU µs/request | CPU of Redis behind | answered locally | requests/s ratio | p50 ratio | p99 ratio | CPU ratio |
        |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
        """);
    each.series().forEach(series -> text.append(row(series, each.series().getFirst())));
  }

  private static String row(Series series, Series first) {
    boolean proxy = series.rounds().getFirst().cpuSeconds().size() > 1;
    return String.format(
        Locale.ROOT,
        "| %s | %,.0f | %.0f | %.0f | %.2f | %s | %s | %.2f | %.2f | %.2f | %.2f |%n",
        series.server(),
        series.median(Round::requestsPerSecond),
        series.median(Round::p50Us),
        series.median(Round::p99Us),
        series.median(round -> round.cpuUs(0)),
        proxy ? "%.2f".formatted(series.median(round -> round.cpuUs(1))) : "",
        proxy ? "%.1f %%".formatted(100 * series.local()) : "",
        series.ratio(first, Round::requestsPerSecond),
        series.ratio(first, Round::p50Us),
        series.ratio(first, Round::p99Us),
        series.ratio(first, round -> round.cpuUs(0)));
  }
}
