package dev.nearside.agent.pressure;

import static dev.nearside.agent.Resource.CPU;
import static dev.nearside.agent.Resource.DESCRIPTORS;
import static dev.nearside.agent.Resource.IO;
import static dev.nearside.agent.Resource.MEMORY;
import static dev.nearside.agent.Scope.NODE;
import static dev.nearside.agent.Scope.SELF;
import static dev.nearside.agent.pressure.SignalRule.event;
import static dev.nearside.agent.pressure.SignalRule.gauge;

import dev.nearside.agent.Level;
import dev.nearside.agent.host.Reading;
import java.time.Duration;
import java.util.List;

/** The signals of the host: which reading, for whom, and the bounds it starts with. */
public final class HostRules {
  /** Memory and heap are believed at first sight from here on: waiting would be too late. */
  private static final double FULL = 0.97;

  private HostRules() {}

  /** A reading and the rule that judges it. */
  public record HostRule(Reading reading, SignalRule rule) {}

  /** Returns the rules, in the order in which an engine is to be told of them. */
  public static List<HostRule> all() {
    return List.of(
        on(
            Reading.CGROUP_MEMORY_RATIO,
            gauge("memory_ratio", SELF, MEMORY, 0.80, 0.97).believedFrom(FULL)),
        on(
            Reading.CGROUP_OOM_KILLS,
            event("oom_kill", SELF, MEMORY, Level.CRITICAL, seconds(30)).believedFrom(1)),
        on(
            Reading.CGROUP_MEMORY_MAX_EVENTS,
            event("memory_max", SELF, MEMORY, Level.HIGH, seconds(10))),
        on(
            Reading.HEAP_AFTER_GC_RATIO,
            gauge("heap_after_gc", SELF, MEMORY, 0.75, 0.95).believedFrom(FULL)),
        on(Reading.GC_SHARE_RATIO, gauge("gc_share", SELF, MEMORY, 0.05, 0.25)),
        on(Reading.DIRECT_MEMORY_RATIO, gauge("direct_memory", SELF, MEMORY, 0.75, 0.95)),
        on(Reading.CGROUP_CPU_THROTTLED_RATIO, gauge("cpu_throttled", SELF, CPU, 0.05, 0.40)),
        on(Reading.EVENT_LOOP_LAG_SECONDS, gauge("event_loop_lag", SELF, CPU, 0.005, 0.100)),
        on(Reading.DESCRIPTORS_RATIO, gauge("descriptors", SELF, DESCRIPTORS, 0.80, 0.97)),
        on(
            Reading.NODE_MEMORY_RATIO,
            gauge("node_memory_ratio", NODE, MEMORY, 0.80, 0.97).believedFrom(FULL)),
        on(Reading.PSI_MEMORY_SOME_RATIO, gauge("psi_memory_some", NODE, MEMORY, 0.05, 0.40)),
        on(Reading.PSI_MEMORY_FULL_RATIO, gauge("psi_memory_full", NODE, MEMORY, 0.01, 0.10)),
        on(
            Reading.PSI_CPU_SOME_RATIO,
            gauge("psi_cpu_some", NODE, CPU, 0.25, 0.80).atMost(Level.HIGH)),
        on(Reading.PSI_IO_SOME_RATIO, gauge("psi_io_some", NODE, IO, 0.20, 0.70)),
        on(Reading.PSI_IO_FULL_RATIO, gauge("psi_io_full", NODE, IO, 0.05, 0.30)));
  }

  private static HostRule on(Reading reading, SignalRule rule) {
    return new HostRule(reading, rule);
  }

  private static Duration seconds(int seconds) {
    return Duration.ofSeconds(seconds);
  }
}
