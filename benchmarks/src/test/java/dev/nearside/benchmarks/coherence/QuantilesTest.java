package dev.nearside.benchmarks.coherence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantilesTest {
  @ParameterizedTest
  @CsvSource({"0, 1", "0.25, 1", "0.26, 2", "0.5, 2", "0.75, 3", "0.99, 4", "1, 4"})
  void at_aShare_isTheNearestMeasuredValue(double share, double expected) {
    assertThat(Quantiles.of(3, 1, 4, 2).at(share)).isEqualTo(expected);
  }

  @Test
  void of_nothing_isRefused() {
    assertThatThrownBy(Quantiles::of).isInstanceOf(IllegalArgumentException.class);
  }
}
