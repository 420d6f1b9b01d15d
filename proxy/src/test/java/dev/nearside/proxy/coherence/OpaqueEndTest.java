package dev.nearside.proxy.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpaqueEndTest {
  private final OpaqueEnd end = new OpaqueEnd();

  @ParameterizedTest
  @ValueSource(longs = {0, -5, 7_000, Long.MAX_VALUE - 1})
  void lastOne_isCompared_whereverTheClockStands(long atNs) {
    assertThat(end.isSince(atNs)).as("none yet").isFalse();
    assertThat(end.isAfter(atNs - 10)).isFalse();
    end.at(atNs);
    end.at(atNs - 3); // told of late
    assertThat(end.isSince(atNs)).isTrue();
    assertThat(end.isAfter(atNs)).isFalse();
    assertThat(end.isAfter(atNs - 1)).isTrue();
    assertThat(end.isSince(atNs + 1)).isFalse();
    end.at(atNs + 4);
    assertThat(end.isSince(atNs + 4)).isTrue();
    assertThat(end.isAfter(atNs + 3)).isTrue();
  }
}
