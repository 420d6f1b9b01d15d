package dev.nearside.proxy.tier.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StoredValueTest {
  @Test
  void small_isStoredAsItIs() {
    byte[] value = new byte[99];
    StoredValue stored = StoredValue.of(value, 100);
    assertThat(stored.encoding()).isEqualTo(StoredValue.RAW);
    assertThat(stored.bytes()).isSameAs(value);
    assertThat(stored.value()).isSameAs(value);
  }

  @Test
  void largeAndCompressible_isStoredAsLengthAndBlock() {
    byte[] value = new byte[100_000];
    Arrays.fill(value, 90_000, 100_000, (byte) 'x');
    StoredValue stored = StoredValue.of(value, 100_000);
    assertThat(stored.encoding()).isEqualTo(StoredValue.LZ4);
    assertThat(stored.bytes()).hasSizeLessThan(1_000).startsWith(0, 1, 0x86, 0xa0);
    assertThat(stored.value()).isEqualTo(value);
  }

  @Test
  void largeAndNot_isStoredAsItIs() {
    byte[] value = new byte[100_000];
    new Random(7).nextBytes(value);
    assertThat(StoredValue.of(value, 1).encoding()).isEqualTo(StoredValue.RAW);
    Arrays.fill(value, 80_000, 100_000, (byte) 0); // not quite a fifth, with the length
    assertThat(StoredValue.of(value, 1).encoding()).isEqualTo(StoredValue.RAW);
    Arrays.fill(value, 75_000, 100_000, (byte) 0);
    assertThat(StoredValue.of(value, 1).value()).isEqualTo(value);
    assertThat(StoredValue.of(value, 1).encoding()).isEqualTo(StoredValue.LZ4);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 4, 5, 6, 13, 64, 70_000})
  void everyLength_comesBack(int length) {
    byte[] value = new byte[length];
    Arrays.fill(value, (byte) -1);
    assertThat(StoredValue.of(value, 1).value()).isEqualTo(value);
  }

  @Test
  void whatIsNoValue_isRefused() {
    StoredValue good = StoredValue.of(new byte[1_000], 1);
    byte[] longer = good.bytes().clone();
    longer[3]++;
    byte[] endless = good.bytes().clone();
    endless[0] = 0x7f;
    byte[] negative = good.bytes().clone();
    negative[0] = -1;
    byte[] cut = Arrays.copyOf(good.bytes(), good.bytes().length - 1);
    for (byte[] bad : new byte[][] {longer, endless, negative, cut, new byte[4], new byte[0]}) {
      assertThatThrownBy(() -> new StoredValue(StoredValue.LZ4, bad).value())
          .as(Arrays.toString(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("a compressed value ");
    }
    assertThatThrownBy(() -> new StoredValue((short) 2, new byte[9]).value())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("encoding 2 is not known");
  }
}
