package dev.nearside.benchmarks.load;

import java.util.List;

/**
 * What one run of the generator measured.
 *
 * @param requests answered in the measured interval
 * @param seconds its length
 * @param p50Us median time from a batch's write to a reply's arrival, in microseconds
 * @param p99Us the same for the 99th percentile
 * @param maxUs the same for the slowest
 * @param cpuSeconds CPU time of each watched process in the interval, user and system
 * @param generatorCpuSeconds the generator's own
 * @param errors error replies, warm-up included
 * @param totalRequests answered in all, warm-up included
 */
record Round(
    long requests,
    double seconds,
    double p50Us,
    double p99Us,
    double maxUs,
    List<Double> cpuSeconds,
    double generatorCpuSeconds,
    long errors,
    long totalRequests) {

  double requestsPerSecond() {
    return requests / seconds;
  }

  /** Returns the CPU time of watched process {@code i} per request, in microseconds. */
  double cpuUs(int i) {
    return cpuSeconds.get(i) * 1e6 / requests;
  }
}
