package dev.nearside.benchmarks.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ValuesTest {
  @ParameterizedTest
  @ValueSource(ints = {16, 100, 65_536})
  void value_ofTwoNumbers_hasTheLengthAndDiffers(int bytes) {
    Values values = Values.of(bytes);

    assertThat(values.value(1)).hasSize(bytes).isEqualTo(values.value(1));
    assertThat(values.value(2)).hasSize(bytes).isNotEqualTo(values.value(1));
    assertThat(values.value(2)).startsWith("value-00000002");
  }

  @Test
  void value_compressibleOrNot_compressesAsSaid() {
    int bytes = 10_000;

    assertThat(compressed(new Values(bytes, true))).isLessThan(bytes / 2);
    assertThat(compressed(new Values(bytes, false))).isGreaterThan(bytes * 7 / 10);
  }

  @Test
  void values_tooShortForANumber_areRefused() {
    assertThatThrownBy(() -> Values.of(15)).isInstanceOf(IllegalArgumentException.class);
  }

  private static int compressed(Values values) {
    try (Deflater deflater = new Deflater()) {
      deflater.setInput(values.value(0).getBytes(StandardCharsets.US_ASCII));
      deflater.finish();
      return deflater.deflate(new byte[2 * values.bytes()]);
    }
  }
}
