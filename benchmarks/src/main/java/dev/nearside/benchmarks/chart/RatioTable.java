package dev.nearside.benchmarks.chart;

import dev.nearside.benchmarks.servers.ServerException;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The ratios as a Markdown table, and the place in a page where it stands. */
final class RatioTable {
  private static final String BEGIN = "<!-- ratios:begin -->\n";
  private static final String END = "<!-- ratios:end -->\n";

  private final Map<String, List<Ratio>> runs;

  /**
   * @param runs the ratios of each run, by its heading
   */
  RatioTable(Map<String, List<Ratio>> runs) {
    this.runs = runs;
  }

  /**
   * Returns {@code page} with the table between its marks.
   *
   * @throws ServerException if they are not there
   */
  String putInto(String page) {
    int begin = page.indexOf(BEGIN);
    int end = page.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new ServerException("the page has no place for the table: " + BEGIN + END);
    }
    return page.substring(0, begin + BEGIN.length()) + markdown() + page.substring(end);
  }

  private String markdown() {
    StringBuilder text =
        new StringBuilder("| | beside | requests/s | p99 | CPU per request | not reached |\n");
    text.append("|---|---|--:|--:|--:|---|\n");
    for (Map.Entry<String, List<Ratio>> run : runs.entrySet()) {
      text.append("| **").append(run.getKey()).append("** | | | | | |\n");
      run.getValue().forEach(ratio -> text.append(row(ratio)));
    }
    return text.toString();
  }

  private static String row(Ratio ratio) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.2f | %.2f | %.2f | %s |\n",
        ratio.load(),
        ratio.peer(),
        ratio.requests(),
        ratio.p99(),
        ratio.cpu(),
        String.join("; ", ratio.missed()));
  }
}
