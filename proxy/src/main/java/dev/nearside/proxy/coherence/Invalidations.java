package dev.nearside.proxy.coherence;

import dev.nearside.proxy.telemetry.InvalidationCause;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.Entry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts why entries left L1, eviction aside, and the barriers against it. Thread-safe. */
final class Invalidations {
  private final Map<InvalidationCause, LongAdder> counts = new EnumMap<>(InvalidationCause.class);

  private final Churn churn = new Churn(System::nanoTime);
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

  /** Returns which keys are held in vain. */
  Churn churn() {
    return churn;
  }

  /** Counts that {@code gone} left L1 because its key changed, or might have; null is nothing. */
  void count(InvalidationCause cause, @Nullable Entry gone) {
    if (gone == null) {
      return;
    }
    count(cause);
    if (cause == InvalidationCause.PUSH || cause == InvalidationCause.WRITE) {
      churn.invalidated(gone.hashCode(), gone.wasServed());
    }
  }

  void count(InvalidationCause cause) {
    Objects.requireNonNull(counts.get(cause)).increment();
  }
}
