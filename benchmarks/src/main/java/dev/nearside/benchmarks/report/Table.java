package dev.nearside.benchmarks.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One table of the report, and the raw numbers it was made of. Confined to one thread.
 *
 * <p>The first column holds words, the others numbers.
 */
public final class Table {
  private final String title;
  private final String how;
  private final List<String> columns;
  private final List<List<String>> rows = new ArrayList<>();
  private final Map<String, List<Double>> raw = new LinkedHashMap<>();

  /**
   * Creates a table without rows.
   *
   * @param title the heading above it
   * @param how the paragraph between heading and table: what was measured, and how
   * @param columns their headings, the one of words first
   */
  public Table(String title, String how, String... columns) {
    this.title = title;
    this.how = how;
    this.columns = List.of(columns);
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException if there are not as many cells as columns
   */
  public void row(String... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(title + " has " + columns.size() + " columns");
    }
    rows.add(List.of(cells));
  }

  /** Adds a raw number to the series of this name. */
  public void raw(String series, double value) {
    raw.computeIfAbsent(series, name -> new ArrayList<>()).add(value);
  }

  /** Adds several raw numbers to the series of this name. */
  public void raw(String series, List<Double> values) {
    values.forEach(value -> raw(series, value));
  }

  /** Returns its heading. */
  public String getTitle() {
    return title;
  }

  /** Returns what was measured, and how. */
  public String getHow() {
    return how;
  }

  /** Returns the headings of its columns. */
  public List<String> getColumns() {
    return columns;
  }

  /** Returns its rows, in the order they were added. */
  public List<List<String>> getRows() {
    return rows;
  }

  /** Returns the raw numbers by the name of their series. */
  public Map<String, List<Double>> getRaw() {
    return raw;
  }

  /** Returns it as a section of a Markdown page. */
  public String markdown() {
    StringBuilder text = new StringBuilder("## " + title + "\n\n" + how + "\n\n");
    text.append("| ").append(String.join(" | ", columns)).append(" |\n");
    text.append("|---").append("|--:".repeat(columns.size() - 1)).append("|\n");
    for (List<String> row : rows) {
      text.append("| ").append(String.join(" | ", row)).append(" |\n");
    }
    return text.toString();
  }
}
