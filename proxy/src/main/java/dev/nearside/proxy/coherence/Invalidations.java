package dev.nearside.proxy.coherence;

import dev.nearside.proxy.telemetry.InvalidationCause;
import dev.nearside.proxy.telemetry.Metrics;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** Counts why entries left L1, eviction aside. Thread-safe. */
final class Invalidations {
  private final Map<InvalidationCause, LongAdder> counts = new EnumMap<>(InvalidationCause.class);

  Invalidations(Metrics metrics) {
    for (InvalidationCause cause : InvalidationCause.values()) {
      counts.put(cause, metrics.invalidations(cause));
    }
  }

  void count(InvalidationCause cause) {
    Objects.requireNonNull(counts.get(cause)).increment();
  }
}
