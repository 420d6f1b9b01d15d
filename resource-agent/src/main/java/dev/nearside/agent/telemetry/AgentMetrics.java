package dev.nearside.agent.telemetry;

import dev.nearside.agent.LevelChange;
import dev.nearside.agent.PressureSnapshot;
import dev.nearside.agent.ResourcePressure;
import dev.nearside.agent.ScopePressure;
import dev.nearside.agent.Signal;
import dev.nearside.agent.host.Readings;
import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.GaugeMetricFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The agent's metrics in a registry. Pressure and readings are looked up when scraped; sensors,
 * transitions and failures are counted as they happen. Thread-safe; {@link #close} takes them out
 * of the registry again.
 */
public final class AgentMetrics extends Collector implements AutoCloseable {
  private final CollectorRegistry registry;
  private final Supplier<PressureSnapshot> snapshot;
  private final Readings readings;
  private final Gauge sensorUp;
  private final Counter sensorFailures;
  private final Counter transitions;
  private final Counter tickFailures;

  private AgentMetrics(
      CollectorRegistry registry, Supplier<PressureSnapshot> snapshot, Readings readings) {
    this.registry = registry;
    this.snapshot = snapshot;
    this.readings = readings;
    sensorUp =
        Gauge.build(
                "nearside_agent_sensor_up",
                "1 while the sensor reads, 0 when unsupported or failing.")
            .labelNames("sensor")
            .create();
    sensorFailures =
        Counter.build(
                "nearside_agent_sensor_failures_total", "Reads of a supported sensor that failed.")
            .labelNames("sensor")
            .create();
    transitions =
        Counter.build(
                "nearside_agent_pressure_transitions_total",
                "Changes of level, by the signal that caused them.")
            .labelNames("scope", "resource", "to", "cause")
            .create();
    tickFailures =
        Counter.build(
                "nearside_agent_failures_total", "Faults of the agent or a listener, by where.")
            .labelNames("where")
            .create();
  }

  /** Registers the metrics of one agent; a registry holds one agent at most. */
  public static AgentMetrics register(
      CollectorRegistry registry, Supplier<PressureSnapshot> snapshot, Readings readings) {
    AgentMetrics metrics = new AgentMetrics(registry, snapshot, readings);
    metrics.all().forEach(registry::register);
    return metrics;
  }

  /** Says whether a sensor reads. */
  public void sensor(String name, boolean up) {
    sensorUp.labels(name).set(up ? 1 : 0);
  }

  /** Counts a failed read. */
  public void sensorFailed(String name) {
    sensorFailures.labels(name).inc();
  }

  /** Counts a change of level. */
  public void changed(LevelChange change) {
    transitions
        .labels(
            change.scope().label(),
            change.resource().label(),
            change.to().label(),
            change.cause().signal())
        .inc();
  }

  /** Counts a fault that was caught at a rim: {@code tick}, {@code listener} or a sensor's name. */
  public void failed(String where) {
    tickFailures.labels(where).inc();
  }

  @Override
  public List<MetricFamilySamples> collect() {
    List<MetricFamilySamples> families = new ArrayList<>();
    collectPressure(snapshot.get(), families);
    ReadingFamilies.collect(readings, families);
    return families;
  }

  @Override
  public void close() {
    all().forEach(registry::unregister);
  }

  private List<Collector> all() {
    return List.of(this, sensorUp, sensorFailures, transitions, tickFailures);
  }

  private static void collectPressure(PressureSnapshot now, List<MetricFamilySamples> into) {
    GaugeMetricFamily levels = gauge("level", "0 normal, 1 elevated, 2 high, 3 critical.", "scope");
    GaugeMetricFamily scores =
        gauge("score_ratio", "Worst signal of a resource.", "scope", "resource");
    GaugeMetricFamily signals =
        gauge("signal_ratio", "Score of a signal.", "scope", "resource", "signal");
    GaugeMetricFamily stuck =
        gauge("stuck", "1 when high for ten minutes with nothing falling.", "scope", "resource");
    for (ScopePressure scope : now.scopes()) {
      String name = scope.scope().label();
      levels.addMetric(List.of(name), scope.level().severity());
      for (ResourcePressure pressure : scope.resources()) {
        List<String> labels = List.of(name, pressure.resource().label());
        addIfKnown(scores, labels, pressure.score());
        stuck.addMetric(labels, pressure.stuck() ? 1 : 0);
        for (Signal signal : pressure.signals()) {
          addIfKnown(
              signals, List.of(name, pressure.resource().label(), signal.name()), signal.score());
        }
      }
    }
    into.addAll(List.of(levels, scores, signals, stuck));
  }

  private static GaugeMetricFamily gauge(String name, String help, String... labels) {
    return new GaugeMetricFamily("nearside_agent_pressure_" + name, help, List.of(labels));
  }

  private static void addIfKnown(GaugeMetricFamily family, List<String> labels, double value) {
    if (!Double.isNaN(value)) {
      family.addMetric(labels, value);
    }
  }
}
