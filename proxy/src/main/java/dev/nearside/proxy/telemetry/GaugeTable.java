package dev.nearside.proxy.telemetry;

import io.prometheus.client.Collector;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;

/** The gauges and who is asked for each. Any thread may add one and read them. */
final class GaugeTable {
  private static final EnumSet<Collector.Type> TYPES =
      EnumSet.of(Collector.Type.GAUGE, Collector.Type.INFO);

  private final EnumMap<Metric, Map<List<String>, DoubleSupplier>> gauges =
      new EnumMap<>(Metric.class);

  GaugeTable() {
    for (Metric metric : Metric.values()) {
      gauges.put(metric, new ConcurrentHashMap<>());
    }
  }

  /** Adds a series; a type, label or second series that was not declared is a bug of the caller. */
  void add(Metric metric, DoubleSupplier value, String... labels) {
    List<String> key = List.of(labels);
    if (!TYPES.contains(metric.type()) || !declared(metric.labels(), key)) {
      throw new IllegalArgumentException(
          metric.fullName() + key + ": no such gauge was declared, labels " + metric.labelKeys());
    }
    if (of(metric).putIfAbsent(key, value) != null) {
      throw new IllegalStateException(metric.fullName() + key + ": has its source already");
    }
  }

  Map<List<String>, DoubleSupplier> of(Metric metric) {
    return gauges.getOrDefault(metric, Map.of());
  }

  private static boolean declared(List<Label> labels, List<String> values) {
    if (labels.size() != values.size()) {
      return false;
    }
    for (int i = 0; i < values.size(); i++) {
      List<String> known = labels.get(i).domain();
      if (!known.isEmpty() && !known.contains(values.get(i))) {
        return false;
      }
    }
    return true;
  }
}
