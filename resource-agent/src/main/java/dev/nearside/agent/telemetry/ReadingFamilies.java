package dev.nearside.agent.telemetry;

import static io.prometheus.client.Collector.Type.COUNTER;
import static io.prometheus.client.Collector.Type.GAUGE;

import dev.nearside.agent.host.Reading;
import dev.nearside.agent.host.Readings;
import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import java.util.ArrayList;
import java.util.List;

/** Readings as metric families. What cannot be read has no sample; zero would be a lie. */
final class ReadingFamilies {
  private static final String PREFIX = "nearside_agent_";
  private static final List<String> STALL_LABELS = List.of("resource", "kind");
  private static final List<Family> FAMILIES =
      List.of(
          gauge(
              "cgroup_memory_used_bytes",
              "Memory of the tightest cgroup, less inactive file pages.",
              Reading.CGROUP_MEMORY_USED_BYTES),
          gauge(
              "cgroup_memory_limit_bytes",
              "The limit that memory is held against.",
              Reading.CGROUP_MEMORY_LIMIT_BYTES),
          gauge(
              "cgroup_cpu_limit_cores", "The tightest CPU quota.", Reading.CGROUP_CPU_LIMIT_CORES),
          gauge(
              "cgroup_cpu_throttled_ratio",
              "Quota periods of the last second that were throttled.",
              Reading.CGROUP_CPU_THROTTLED_RATIO),
          counter(
              "cgroup_oom_kills",
              "Processes of the cgroup killed for memory.",
              Reading.CGROUP_OOM_KILLS),
          counter(
              "cgroup_memory_max_events",
              "Times the cgroup ran into its memory limit.",
              Reading.CGROUP_MEMORY_MAX_EVENTS),
          gauge(
              "node_memory_total_bytes", "Memory of the machine.", Reading.NODE_MEMORY_TOTAL_BYTES),
          gauge(
              "node_memory_available_bytes",
              "Memory of the machine that can be had without swapping.",
              Reading.NODE_MEMORY_AVAILABLE_BYTES),
          gauge(
              "descriptors_open",
              "Open files and sockets of this process.",
              Reading.DESCRIPTORS_OPEN),
          gauge("descriptors_limit", "How many it may have.", Reading.DESCRIPTORS_LIMIT),
          gauge(
              "heap_after_gc_ratio",
              "What the last collection left in the old generation beside L1, of the room beside L1.",
              Reading.HEAP_AFTER_GC_RATIO),
          gauge(
              "gc_share_ratio",
              "Time of the last 30 s in pauses of collections of the old generation.",
              Reading.GC_SHARE_RATIO),
          gauge(
              "direct_memory_ratio",
              "Memory outside the heap over its bound.",
              Reading.DIRECT_MEMORY_RATIO),
          gauge(
              "event_loop_lag_seconds",
              "Lag of the worst event loop, 99th percentile.",
              Reading.EVENT_LOOP_LAG_SECONDS),
          new Family(
              COUNTER,
              "psi_stall_seconds",
              "Time tasks of the machine waited for a resource.",
              STALL_LABELS,
              List.of(
                  new Series(Reading.PSI_CPU_SOME_SECONDS, List.of("cpu", "some")),
                  new Series(Reading.PSI_MEMORY_SOME_SECONDS, List.of("memory", "some")),
                  new Series(Reading.PSI_MEMORY_FULL_SECONDS, List.of("memory", "full")),
                  new Series(Reading.PSI_IO_SOME_SECONDS, List.of("io", "some")),
                  new Series(Reading.PSI_IO_FULL_SECONDS, List.of("io", "full")))));

  private ReadingFamilies() {}

  static void collect(Readings readings, List<MetricFamilySamples> into) {
    for (Family family : FAMILIES) {
      String name = PREFIX + family.name();
      String sampleName = family.type() == COUNTER ? name + "_total" : name;
      List<MetricFamilySamples.Sample> samples = new ArrayList<>();
      for (Series series : family.series()) {
        if (readings.has(series.reading())) {
          double value = readings.get(series.reading());
          samples.add(
              new MetricFamilySamples.Sample(sampleName, family.labels(), series.values(), value));
        }
      }
      into.add(new MetricFamilySamples(name, family.type(), family.help(), samples));
    }
  }

  private static Family gauge(String name, String help, Reading reading) {
    return new Family(GAUGE, name, help, List.of(), List.of(new Series(reading, List.of())));
  }

  private static Family counter(String name, String help, Reading reading) {
    return new Family(COUNTER, name, help, List.of(), List.of(new Series(reading, List.of())));
  }

  /** One line of the text format: a reading and its label values. */
  private record Series(Reading reading, List<String> values) {}

  /** A metric family; counters are named without {@code _total}, as simpleclient wants them. */
  private record Family(
      Collector.Type type, String name, String help, List<String> labels, List<Series> series) {}
}
