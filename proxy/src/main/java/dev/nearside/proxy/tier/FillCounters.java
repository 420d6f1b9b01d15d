package dev.nearside.proxy.tier;

import dev.nearside.proxy.telemetry.FillResult;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import java.util.concurrent.atomic.LongAdder;

/**
 * Where flights and what became of them are counted. Thread-safe.
 *
 * @param started flights sent
 * @param joined readers that joined a flight under way
 * @param published flights that ended with an entry in L1
 * @param killed flights whose answer could not be held
 * @param passed flights that were to hold nothing
 * @param failed flights without an answer
 * @param refused flights not begun because the breaker or the bulkhead said no
 */
record FillCounters(
    LongAdder started,
    LongAdder joined,
    LongAdder published,
    LongAdder killed,
    LongAdder passed,
    LongAdder failed,
    LongAdder refused) {
  static FillCounters of(Metrics metrics) {
    return new FillCounters(
        metrics.counter(Metric.FILLS_STARTED),
        metrics.counter(Metric.FILLS_JOINED),
        metrics.fills(FillResult.PUBLISHED),
        metrics.fills(FillResult.KILLED),
        metrics.fills(FillResult.PASSED),
        metrics.fills(FillResult.FAILED),
        metrics.counter(Metric.UPSTREAM_FAILURES, Answer.Reason.BREAKER_OPEN.label()));
  }
}
