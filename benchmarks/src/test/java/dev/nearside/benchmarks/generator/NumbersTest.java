package dev.nearside.benchmarks.generator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NumbersTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 7, 9_999, 10_000, 12_345_678, 99_999_999})
  void digits_ofANumber_areThoseOfItsText(int number) {
    String text = "a" + Numbers.PLACE + "b" + Numbers.PLACE;

    assertThat(Numbers.fill(text, Numbers.digits(number)))
        .isEqualTo(Numbers.fill(text, number))
        .isEqualTo("a%08db%08d", number, number);
  }
}
