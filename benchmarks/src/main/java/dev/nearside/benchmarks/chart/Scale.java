package dev.nearside.benchmarks.chart;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * A logarithmic scale of ratios: half is as far from 1 as double.
 *
 * @param least the ratio at the left end
 * @param most the ratio at the right end
 * @param x where the left end is
 * @param width how far the right end is from it
 */
record Scale(double least, double most, double x, double width) {
  private static final double[] MARKS = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100};

  /** Returns the scale on which all of these fit, 0.5 and 2 in any case. */
  static Scale of(List<Ratio> ratios, ToDoubleFunction<Ratio> measure, double x, double width) {
    double least = 0.5;
    double most = 2;
    for (Ratio ratio : ratios) {
      double value = measure.applyAsDouble(ratio);
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    return new Scale(least / 1.1, most * 1.1, x, width);
  }

  /** Returns where a ratio is. */
  double at(double ratio) {
    return x + width * Math.log(ratio / least) / Math.log(most / least);
  }

  /** Returns the ratios that are marked. */
  double[] marks() {
    return DoubleStream.of(MARKS).filter(mark -> mark >= least && mark <= most).toArray();
  }
}
