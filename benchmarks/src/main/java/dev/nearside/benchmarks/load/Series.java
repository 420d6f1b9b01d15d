package dev.nearside.benchmarks.load;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The rounds of one server under one load.
 *
 * @param server its name
 * @param rounds in the order they were run
 * @param local the share of all requests that never reached Redis
 */
record Series(String server, List<Round> rounds, double local) {
  /** Returns the median of a measure over the rounds; of an even number, the middle two's mean. */
  double median(ToDoubleFunction<Round> measure) {
    return median(rounds.stream().mapToDouble(measure).toArray());
  }

  /** Returns this series' median of a measure as a multiple of the other's. */
  double ratio(Series other, ToDoubleFunction<Round> measure) {
    return median(measure) / other.median(measure);
  }

  static double median(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values have no median");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
