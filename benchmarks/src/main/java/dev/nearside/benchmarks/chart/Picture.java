package dev.nearside.benchmarks.chart;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The picture: a row for each load, a bar from 1.0 to the ratio for each measure. */
final class Picture {
  private static final int WIDTH = 1080;
  private static final int LABELS = 500;
  private static final int COLUMN = 190;
  private static final int ROOM_FOR_NUMBERS = 52;
  private static final int TOP = 64;
  private static final int ROW = 24;
  private static final int HEADING = 34;
  private static final int BAR = 12;
  private static final int BOTTOM = 50;

  private static final String STYLE =
      """
      <style>
        text { font: 12px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: #1f2328 }
        .small { font-size: 11px; fill: #59636e }
        .head { font-size: 13px; font-weight: 600 }
        .grid { stroke: #d1d9e0 }
        .one { stroke: #1f2328; stroke-width: 1.5 }
        .good { fill: #1a7f64 }
        .bad { fill: #bc4c00 }
        .paper { fill: #ffffff }
        @media (prefers-color-scheme: dark) {
          text { fill: #f0f6fc }
          .small { fill: #9198a1 }
          .grid { stroke: #3d444d }
          .one { stroke: #f0f6fc }
          .good { fill: #3fb996 }
          .bad { fill: #f0883e }
          .paper { fill: #0d1117 }
        }
      </style>
      """;

  private final StringBuilder svg = new StringBuilder();
  private final Map<String, List<Ratio>> runs;
  private final Column requests;
  private final Column cpu;

  /** One measure, and whether more of it is better. */
  private record Column(
      String heading, Scale scale, ToDoubleFunction<Ratio> measure, boolean moreIsBetter) {
    String style(double ratio) {
      return ratio >= 1 == moreIsBetter ? "good" : "bad";
    }
  }

  /**
   * @param runs the ratios of each run, by its heading
   */
  Picture(Map<String, List<Ratio>> runs) {
    this.runs = runs;
    List<Ratio> all = runs.values().stream().flatMap(List::stream).toList();
    double first = LABELS + ROOM_FOR_NUMBERS / 2.0;
    double second = first + COLUMN + ROOM_FOR_NUMBERS + 24;
    requests =
        new Column(
            "requests/s, more is better",
            Scale.of(all, Ratio::requests, first, COLUMN),
            Ratio::requests,
            true);
    cpu =
        new Column(
            "CPU per request, less is better",
            Scale.of(all, Ratio::cpu, second, COLUMN),
            Ratio::cpu,
            false);
  }

  /** Returns it as an SVG document. */
  String svg() {
    int rows = runs.values().stream().mapToInt(List::size).sum();
    int bottom = TOP + rows * ROW + runs.size() * HEADING;
    add(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                + " aria-label=\"Nearside as a multiple of its peer\">\n",
            WIDTH,
            bottom + BOTTOM));
    svg.append(STYLE);
    add(
        String.format(
            Locale.ROOT,
            "<rect class=\"paper\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n",
            WIDTH,
            bottom + BOTTOM));
    text(16, 26, "head", "Nearside as a multiple of the peer named in each row");
    axis(requests, bottom);
    axis(cpu, bottom);
    int y = TOP;
    for (Map.Entry<String, List<Ratio>> run : runs.entrySet()) {
      text(16, y + 22, "head", run.getKey());
      y += HEADING;
      for (Ratio ratio : run.getValue()) {
        row(ratio, y);
        y += ROW;
      }
    }
    text(
        16,
        bottom + BOTTOM - 14,
        "small",
        "Medians of alternating rounds on one machine; logarithmic; the tables and raw data are beside"
            + " this file.");
    return svg.append("</svg>\n").toString();
  }

  private void axis(Column column, int bottom) {
    Scale scale = column.scale();
    text(scale.x(), 48, "small", column.heading());
    for (double mark : scale.marks()) {
      double x = scale.at(mark);
      add(
          String.format(
              Locale.ROOT,
              "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n",
              mark == 1 ? "one" : "grid",
              x,
              x,
              TOP,
              bottom));
      add(
          String.format(
              Locale.ROOT,
              "<text class=\"small\" text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%s</text>\n",
              x,
              bottom + 16,
              mark < 1 ? String.valueOf(mark) : number("%.0f", mark)));
    }
  }

  private void row(Ratio ratio, int y) {
    text(16, y + 16, "", ratio.load());
    add(
        String.format(
            Locale.ROOT,
            "<text class=\"small\" text-anchor=\"end\" x=\"%d\" y=\"%d\">%s</text>\n",
            LABELS - 6,
            y + 16,
            escaped(ratio.peer())));
    bar(requests, ratio, y);
    bar(cpu, ratio, y);
  }

  private void bar(Column column, Ratio ratio, int y) {
    double value = column.measure().applyAsDouble(ratio);
    double one = column.scale().at(1);
    double end = column.scale().at(value);
    add(
        String.format(
            Locale.ROOT,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n",
            column.style(value),
            Math.min(one, end),
            y + (ROW - BAR) / 2,
            Math.max(1, Math.abs(end - one)),
            BAR));
    boolean right = end >= one;
    add(
        String.format(
            Locale.ROOT,
            "<text text-anchor=\"%s\" x=\"%.1f\" y=\"%d\">%s</text>\n",
            right ? "start" : "end",
            end + (right ? 4 : -4),
            y + 16,
            number("%.2f", value)));
  }

  private void text(double x, int y, String style, String words) {
    add(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%.1f\" y=\"%d\">%s</text>\n",
            style,
            x,
            y,
            escaped(words)));
  }

  private void add(String line) {
    svg.append(line);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static String escaped(String words) {
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
