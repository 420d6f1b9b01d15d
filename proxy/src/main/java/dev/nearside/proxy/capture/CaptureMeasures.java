package dev.nearside.proxy.capture;

import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** What change capture counts. Thread-safe. */
final class CaptureMeasures {
  /** What this sidecar does about changes. */
  enum State {
    STANDBY,
    STARTING,
    READING,
    REFUSED
  }

  private final LongAdder changes;
  private final LongAdder flushes;
  private final LongAdder failures;
  private final AtomicReference<State> state = new AtomicReference<>(State.STANDBY);
  private volatile double lagSeconds;

  CaptureMeasures(Metrics metrics) {
    changes = metrics.counter(Metric.CAPTURE_CHANGES);
    flushes = metrics.counter(Metric.CAPTURE_FLUSHES);
    failures = metrics.counter(Metric.CAPTURE_FAILURES);
    metrics.gauge(Metric.CAPTURE_LAG, () -> lagSeconds);
    for (State each : State.values()) {
      metrics.gauge(
          Metric.CAPTURE_STATE,
          () -> state.get() == each ? 1 : 0,
          each.name().toLowerCase(Locale.ROOT));
    }
  }

  void state(State now) {
    state.set(now);
  }

  void deleted(int keys) {
    changes.add(keys);
  }

  void flushed() {
    flushes.increment();
  }

  void failed() {
    failures.increment();
  }

  /** A change was applied that was committed at {@code committedUs}, since 1970. */
  void applied(long committedUs) {
    lagSeconds = Math.max(0, System.currentTimeMillis() / 1e3 - committedUs / 1e6);
  }
}
