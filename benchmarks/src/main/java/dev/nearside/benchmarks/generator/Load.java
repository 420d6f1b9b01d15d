package dev.nearside.benchmarks.generator;

import java.time.Duration;

/**
 * A load, whatever server it is for.
 *
 * @param workload what is asked
 * @param pipeline requests written at once; the next ones follow when all are answered
 * @param connections clients at once
 * @param keys which keys are asked for
 * @param values what their values are
 * @param warmupMs time before the measured interval, under the same load
 * @param measuredMs length of the measured interval
 * @param threads of the generator; each has its share of the connections
 * @param rate requests due in a second, evenly; 0 where each follows the last one's answer
 */
public record Load(
    Workload workload,
    int pipeline,
    int connections,
    KeySpace keys,
    Values values,
    long warmupMs,
    long measuredMs,
    int threads,
    int rate) {

  /** Returns the same load for these times. */
  public Load lasting(Duration warmup, Duration measured) {
    long warmupFor = warmup.toMillis();
    long measuredFor = measured.toMillis();
    return new Load(
        workload, pipeline, connections, keys, values, warmupFor, measuredFor, threads, rate);
  }

  /** Returns the same load by another number of clients. */
  public Load by(int clients) {
    return new Load(workload, pipeline, clients, keys, values, warmupMs, measuredMs, threads, rate);
  }

  /** Returns reads of the hot keys alone, in the same way. */
  public Load ofHotKeys() {
    KeySpace hot = new KeySpace(keys.hot(), keys.zipfian(), 0, 1);
    return new Load(
        Workload.READ, pipeline, connections, hot, values, warmupMs, measuredMs, threads, rate);
  }

  /** Returns the same load, its clients shared out to this many threads. */
  public Load onThreads(int count) {
    return new Load(
        workload, pipeline, connections, keys, values, warmupMs, measuredMs, count, rate);
  }

  /** Returns the same load with this many requests due in a second. */
  public Load at(int requestsPerSecond) {
    return new Load(
        workload,
        pipeline,
        connections,
        keys,
        values,
        warmupMs,
        measuredMs,
        threads,
        requestsPerSecond);
  }

  /** Returns the share of the requests that memory can answer, when it holds all hot keys. */
  public double hotRequests() {
    return workload.reads() * keys.hotReads();
  }
}
