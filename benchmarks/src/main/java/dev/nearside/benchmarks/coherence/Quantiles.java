package dev.nearside.benchmarks.coherence;

import java.util.Arrays;
import java.util.Collection;

/** Quantiles of measured times, by the nearest rank: always a value that was measured. */
public final class Quantiles {
  private final double[] sorted;

  private Quantiles(double[] sorted) {
    this.sorted = sorted;
  }

  /** Returns those of these values, of which there is one at least. */
  public static Quantiles of(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values have no quantiles");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return new Quantiles(sorted);
  }

  /** As above. */
  public static Quantiles of(Collection<Double> values) {
    return of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Returns the least value that this share of them does not exceed. */
  public double at(double share) {
    int rank = (int) Math.ceil(share * sorted.length);
    return sorted[Math.clamp(rank, 1, sorted.length) - 1];
  }

  /** Returns the median. */
  public double median() {
    return at(0.5);
  }

  /** Returns the greatest. */
  public double max() {
    return sorted[sorted.length - 1];
  }
}
