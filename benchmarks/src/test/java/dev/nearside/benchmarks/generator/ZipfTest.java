package dev.nearside.benchmarks.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ZipfTest {
  private static final int DRAWS = 1_000_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 1000})
  void next_manyTimes_eachNumberAsOftenAsItsWeight(int count) {
    Zipf zipf = new Zipf(count);
    SplittableRandom random = new SplittableRandom(1);
    int[] drawn = new int[count];
    for (int i = 0; i < DRAWS; i++) {
      drawn[zipf.next(random)]++;
    }

    double sum = IntStream.range(0, count).mapToDouble(ZipfTest::weight).sum();
    for (int i = 0; i < count; i++) {
      double share = (double) drawn[i] / DRAWS;
      assertThat(share).as("number %d", i).isCloseTo(weight(i) / sum, within(0.002));
    }
  }

  private static double weight(int i) {
    return Math.pow(i + 1.0, -0.99);
  }
}
