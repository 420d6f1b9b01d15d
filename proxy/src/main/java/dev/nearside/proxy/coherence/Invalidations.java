package dev.nearside.proxy.coherence;

import dev.nearside.proxy.telemetry.InvalidationCause;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** Counts why entries left L1, eviction aside, and the barriers against it. Thread-safe. */
final class Invalidations {
  private final Map<InvalidationCause, LongAdder> counts = new EnumMap<>(InvalidationCause.class);

  private final LongAdder barriers;

  Invalidations(Metrics metrics) {
    barriers = metrics.counter(Metric.BARRIERS);
    for (InvalidationCause cause : InvalidationCause.values()) {
      counts.put(cause, metrics.invalidations(cause));
    }
  }

  /** Returns the adder of barriers sent. */
  LongAdder barriers() {
    return barriers;
  }

  void count(InvalidationCause cause) {
    Objects.requireNonNull(counts.get(cause)).increment();
  }
}
