package dev.nearside.proxy.tier;

import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.redis.Look.Wake;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Where leases and waits for them are counted. Thread-safe.
 *
 * @param taken leases taken
 * @param waited waits for the lease of another
 * @param absent markers of absent rows that answered a read
 * @param wakes what ended waits
 * @param waiting how many wait now
 */
record LeaseCounters(
    LongAdder taken,
    LongAdder waited,
    LongAdder absent,
    Map<Wake, LongAdder> wakes,
    AtomicInteger waiting) {
  static LeaseCounters of(Metrics metrics) {
    Map<Wake, LongAdder> wakes = new EnumMap<>(Wake.class);
    for (Wake wake : Wake.values()) {
      wakes.put(wake, metrics.counter(Metric.LEASE_WAKES, wake.name().toLowerCase(Locale.ROOT)));
    }
    return new LeaseCounters(
        metrics.counter(Metric.LEASES, "taken"),
        metrics.counter(Metric.LEASES, "waited"),
        metrics.counter(Metric.LEASES, "absent"),
        wakes,
        new AtomicInteger());
  }

  /** A wait has ended. */
  void woken(Wake wake) {
    waiting.decrementAndGet();
    if (wake != Wake.DEADLINE) {
      count(wake);
    }
  }

  /** A read's time was over before it was decided who reads the row. */
  void overdue() {
    count(Wake.DEADLINE);
  }

  private void count(Wake wake) {
    LongAdder counter = wakes.get(wake);
    if (counter != null) {
      counter.increment();
    }
  }
}
