package dev.nearside.benchmarks.load;

import dev.nearside.benchmarks.generator.Measure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One case of a report as a Markdown table: a column has a title and what it says of a series. */
final class CaseTable {
  private static final String ALLOCATED = "%.2f";
  private static final String NO_BYTES = "0.00";
  private static final List<Measure> COMPARED =
      List.of(Measure.CPU, Measure.REDIS_CPU, Measure.REQUESTS, Measure.P50, Measure.P99);

  private final Report.Case shown;
  private final Series peer;
  private final Map<String, Function<Series, String>> columns = new LinkedHashMap<>();

  /** Creates the table of a case with at least one series. */
  CaseTable(Report.Case shown) {
    this.shown = shown;
    List<Series> all = shown.series();
    this.peer =
        all.stream()
            .filter(series -> series.server().equals(shown.trial().peer()))
            .findFirst()
            .orElse(all.getFirst());
    addMeasures();
    addRatios();
    columns.put("target", this::verdicts);
  }

  /** CPU first: it depends less than time on what else the machine has to do. */
  private void addMeasures() {
    column("CPU µs/request", Measure.CPU, "%,.2f");
    columns.put(
        "CPU of Redis behind",
        series -> series.isProxy() ? number("%,.2f", series.median(Measure.REDIS_CPU)) : "");
    column("requests/s", Measure.REQUESTS, "%,.0f");
    column("MB/s", Measure.BYTES, "%,.1f");
    column("p50 µs", Measure.P50, "%,.0f");
    column("p99 µs", Measure.P99, "%,.0f");
    if (shown.trial().load().workload().reads() > 0) {
      columns.put("answered locally", series -> share(series, series.local()));
      columns.put("brought into memory", series -> share(series, series.filled()));
    }
    if (shown.trial().allocation()) {
      columns.put("bytes allocated/request", CaseTable::allocated);
    }
    columns.put("generator", series -> number("%.0f %%", 100 * series.generatorLoad()));
  }

  private void addRatios() {
    for (Measure measure : COMPARED) {
      columns.put(
          measure.label() + " ratio", series -> number("%.2f", series.ratio(peer, measure)));
    }
  }

  private static String allocated(Series series) {
    Double bytes = series.allocatedBytes();
    return bytes == null ? "" : number(ALLOCATED, bytes);
  }

  private void column(String title, Measure measure, String format) {
    columns.put(title, series -> number(format, series.median(measure)));
  }

  private static String share(Series series, double share) {
    return series.isProxy() ? number("%.1f %%", 100 * share) : "";
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private String verdicts(Series series) {
    Stream<String> ratios =
        shown.trial().targets().stream()
            .filter(target -> target.server().equals(series.server()))
            .map(target -> target.verdict(series, shown.series()));
    String allocated = allocated(series);
    Stream<String> none =
        allocated.isEmpty()
            ? Stream.of()
            : Stream.of("0 bytes: " + (allocated.equals(NO_BYTES) ? "met" : "not met"));
    return Stream.concat(ratios, none).collect(Collectors.joining("; "));
  }

  String markdown() {
    StringBuilder text = new StringBuilder();
    text.append("| server | " + String.join(" | ", columns.keySet()) + " |\n");
    text.append("|---|" + "--:|".repeat(columns.size() - 1) + "---|\n");
    for (Series series : shown.series()) {
      text.append("| ").append(series.server());
      columns.values().forEach(column -> text.append(" | ").append(column.apply(series)));
      text.append(" |\n");
    }
    return text.append("\nRatios are to ").append(peer.server()).append(".\n").toString();
  }
}
