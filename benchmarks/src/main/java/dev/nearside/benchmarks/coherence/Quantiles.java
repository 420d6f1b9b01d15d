package dev.nearside.benchmarks.coherence;

import java.util.Arrays;
import java.util.Collection;

/** Quantiles of measured times, by the nearest rank: always a value that was measured. */
final class Quantiles {
  private final double[] sorted;

  private Quantiles(double[] sorted) {
    this.sorted = sorted;
  }

  /** Returns those of these values, of which there is one at least. */
  static Quantiles of(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values have no quantiles");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return new Quantiles(sorted);
  }

  static Quantiles of(Collection<Double> values) {
    return of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  double at(double share) {
    int rank = (int) Math.ceil(share * sorted.length);
    return sorted[Math.clamp(rank, 1, sorted.length) - 1];
  }

  double median() {
    return at(0.5);
  }

  double max() {
    return sorted[sorted.length - 1];
  }
}
