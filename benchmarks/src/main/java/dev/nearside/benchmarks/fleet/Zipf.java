package dev.nearside.benchmarks.fleet;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Numbers from 0 on, of which number {@code i} is drawn in proportion to 1 / (i + 1)^exponent. */
final class Zipf {
  private final double[] cumulative;

  Zipf(int count, double exponent) {
    cumulative = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.pow(i + 1.0, -exponent);
      cumulative[i] = sum;
    }
  }

  /** Returns the next number. */
  int draw(SplittableRandom random) {
    double point = random.nextDouble() * cumulative[cumulative.length - 1];
    int found = Arrays.binarySearch(cumulative, point);
    return Math.min(found < 0 ? -found - 1 : found, cumulative.length - 1);
  }
}
