package dev.nearside.proxy.telemetry;

/** The sum of histograms of several loops, taken by one reader at one moment. */
final class LatencyTotals {
  private final long[] counts = new long[LatencyHistogram.BUCKETS];
  private long sumNanos;

  void add(LatencyHistogram histogram) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += histogram.count(i);
    }
    sumNanos += histogram.sumNanos();
  }

  double sumSeconds() {
    return (double) sumNanos / 1e9;
  }

  /** Returns how many durations are in buckets up to and including {@code index}. */
  long cumulative(int index) {
    long sum = 0;
    for (int i = 0; i <= index; i++) {
      sum += counts[i];
    }
    return sum;
  }

  long count() {
    return cumulative(LatencyHistogram.LAST);
  }

  /**
   * Returns the upper bound of the bucket in which {@code quantile} (0 to 1) lies, in nanoseconds;
   * 0 while nothing is counted.
   */
  long quantileNanos(double quantile) {
    long rank = (long) Math.ceil(quantile * (double) count());
    long sum = 0;
    for (int i = 0; i < counts.length && rank > 0; i++) {
      sum += counts[i];
      if (sum >= rank) {
        return LatencyHistogram.upperBoundNanos(i);
      }
    }
    return 0;
  }
}
