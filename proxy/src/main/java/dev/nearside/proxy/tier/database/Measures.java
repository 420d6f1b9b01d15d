package dev.nearside.proxy.tier.database;

import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.telemetry.SharedHistogram;
import dev.nearside.proxy.tier.Answer.Reason;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts what was asked of the database. Thread-safe. */
record Measures(
    LongAdder ok,
    LongAdder timeout,
    LongAdder error,
    LongAdder rejected,
    SharedHistogram durations,
    SharedHistogram batches) {

  static Measures of(Metrics metrics) {
    return new Measures(
        metrics.counter(Metric.DATABASE_QUERIES, "ok"),
        metrics.counter(Metric.DATABASE_QUERIES, "timeout"),
        metrics.counter(Metric.DATABASE_QUERIES, "error"),
        metrics.counter(Metric.DATABASE_QUERIES, "rejected"),
        metrics.databaseQuery(),
        metrics.databaseBatch());
  }

  /**
   * A batch has ended.
   *
   * @param startedNs when it began to wait for a connection
   * @param failure why it was not answered, or null
   */
  void ended(long startedNs, int keys, @Nullable Reason failure) {
    durations.record(System.nanoTime() - startedNs);
    batches.record(keys);
    if (failure == null) {
      ok.increment();
    } else if (failure == Reason.TIMEOUT) {
      timeout.increment();
    } else {
      error.increment();
    }
  }
}
