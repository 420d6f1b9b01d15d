package dev.nearside.benchmarks.generator;

import java.util.SplittableRandom;

/**
 * Numbers from 0 on, the smaller the more frequent: number {@code i} in proportion to {@code
 * 1/(i+1)^0.99}.
 *
 * <p>Each number has a column of the same width [1]: its lower part stands for itself, the part
 * above it for one other, more frequent number. So a draw is a column, a height and a comparison.
 *
 * <p>[1] A. J. Walker, An Efficient Method for Generating Discrete Random Variables with General
 * Distributions, ACM Transactions on Mathematical Software 3 (1977).
 *
 * <p>Immutable.
 */
public final class Zipf {
  private static final double EXPONENT = 0.99;

  private final double[] own;
  private final int[] other;

  /** Creates the numbers from 0 up to {@code count}, which is not among them. */
  public Zipf(int count) {
    own = new double[count];
    other = new int[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      own[i] = Math.pow(i + 1.0, -EXPONENT);
      sum += own[i];
    }
    for (int i = 0; i < count; i++) {
      own[i] *= count / sum;
    }
    level();
  }

  /** Returns the next number. */
  public int next(SplittableRandom random) {
    int column = random.nextInt(own.length);
    return random.nextDouble() < own[column] ? column : other[column];
  }

  /** The frequent ones, which come first, fill up the columns of the rare ones from the end on. */
  private void level() {
    int rich = 0;
    for (int poor = own.length - 1; poor > rich; poor--) {
      fill(poor, rich);
      while (own[rich] < 1 && rich < poor - 1) {
        fill(rich, rich + 1);
        rich++;
      }
    }
  }

  private void fill(int poor, int rich) {
    other[poor] = rich;
    own[rich] -= 1 - own[poor];
  }
}
