package dev.nearside.benchmarks.generator;

import java.util.ArrayList;
import java.util.List;

/**
 * What one run of the generator measured; every reply was compared with what it must be.
 *
 * @param requests answered in the measured interval
 * @param seconds its length
 * @param p50Us median time from a batch's write, or when it was due, to a reply's arrival, in
 *     microseconds
 * @param p99Us the same for the 99th percentile
 * @param p9999Us the same for the 99.99th percentile
 * @param maxUs the same for the slowest
 * @param bytes received in the interval
 * @param cpuSeconds CPU time of each watched process in the interval, user and system
 * @param generatorCpuSeconds the generator's own
 * @param totalRequests answered in all, warm-up included
 * @param totalReads how many of those were GETs
 * @param coldReads how many cold keys a thread has read, the one that has read the most
 */
public record Round(
    long requests,
    double seconds,
    double p50Us,
    double p99Us,
    double p9999Us,
    double maxUs,
    long bytes,
    List<Double> cpuSeconds,
    double generatorCpuSeconds,
    long totalRequests,
    long totalReads,
    long coldReads) {

  /** Returns requests answered in a second. */
  public double requestsPerSecond() {
    return requests / seconds;
  }

  /** Returns megabytes of replies received in a second. */
  public double megabytesPerSecond() {
    return bytes / 1e6 / seconds;
  }

  /** Returns the CPU time of watched process {@code i} per request, in microseconds. */
  public double cpuUs(int i) {
    return cpuSeconds.get(i) * 1e6 / requests;
  }

  /** Returns the same with the processes from {@code first} on taken for one. */
  public Round gathering(int first) {
    List<Double> gathered = new ArrayList<>(cpuSeconds.subList(0, first));
    gathered.add(cpuSeconds.stream().skip(first).mapToDouble(each -> each).sum());
    return new Round(
        requests,
        seconds,
        p50Us,
        p99Us,
        p9999Us,
        maxUs,
        bytes,
        List.copyOf(gathered),
        generatorCpuSeconds,
        totalRequests,
        totalReads,
        coldReads);
  }

  /**
   * Returns that of the last process, which is the Redis, whether something is before it or not.
   */
  public double redisCpuUs() {
    return cpuUs(cpuSeconds.size() - 1);
  }
}
