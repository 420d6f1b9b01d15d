package dev.nearside.proxy.telemetry;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The metric table of the README, written from the declarations. */
final class MetricsReference {
  /** A label with more values than this is named without them. */
  private static final int MAX_SHOWN = 11;

  private MetricsReference() {}

  static String markdown() {
    return "| name | type | labels | meaning |\n|---|---|---|---|\n"
        + Stream.of(Metric.values()).map(MetricsReference::row).collect(Collectors.joining());
  }

  private static String row(Metric metric) {
    String labels =
        metric.labels().stream().map(MetricsReference::label).collect(Collectors.joining("; "));
    String type = metric.type().name().toLowerCase(Locale.ROOT);
    return "| `%s` | %s | %s | %s |\n".formatted(metric.fullName(), type, labels, metric.help());
  }

  private static String label(Label label) {
    if (label.domain().isEmpty() || label.domain().size() > MAX_SHOWN) {
      return "`" + label.key() + "`";
    }
    return "`" + label.key() + "`: " + String.join(", ", label.domain());
  }
}
