package dev.nearside.benchmarks.coherence;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One table of the report, and the raw numbers it was made of. Confined to one thread.
 *
 * <p>The first column holds words, the others numbers.
 */
final class Table {
  private final String title;
  private final String how;
  private final List<String> columns;
  private final List<List<String>> rows = new ArrayList<>();
  private final Map<String, List<Double>> raw = new LinkedHashMap<>();

  Table(String title, String how, String... columns) {
    this.title = title;
    this.how = how;
    this.columns = List.of(columns);
  }

  /** Adds a row, of as many cells as there are columns. */
  void row(String... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(title + " has " + columns.size() + " columns");
    }
    rows.add(List.of(cells));
  }

  /** Adds a raw number to the series of this name. */
  void raw(String series, double value) {
    raw.computeIfAbsent(series, name -> new ArrayList<>()).add(value);
  }

  /** Adds several. */
  void raw(String series, List<Double> values) {
    values.forEach(value -> raw(series, value));
  }

  public String getTitle() {
    return title;
  }

  public String getHow() {
    return how;
  }

  public List<String> getColumns() {
    return columns;
  }

  public List<List<String>> getRows() {
    return rows;
  }

  public Map<String, List<Double>> getRaw() {
    return raw;
  }

  String markdown() {
    StringBuilder text = new StringBuilder("## " + title + "\n\n" + how + "\n\n");
    text.append("| ").append(String.join(" | ", columns)).append(" |\n");
    text.append("|---").append("|--:".repeat(columns.size() - 1)).append("|\n");
    for (List<String> row : rows) {
      text.append("| ").append(String.join(" | ", row)).append(" |\n");
    }
    return text.toString();
  }
}
