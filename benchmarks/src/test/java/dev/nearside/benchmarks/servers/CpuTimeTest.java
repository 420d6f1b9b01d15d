package dev.nearside.benchmarks.servers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CpuTimeTest {
  @Test
  void seconds_nameWithBlanksAndParentheses_readsUserAndSystemTime() {
    String zero = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 0 0 5 6 20 0 1 0 99 1000 10";
    String busy = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 200 100 5 6 20 0 1 0 99 1000 10";

    assertThat(CpuTime.seconds(zero)).isZero();
    assertThat(CpuTime.seconds(busy)).isPositive();
    assertThat(CpuTime.seconds(busy))
        .isEqualTo(2 * CpuTime.seconds(busy.replace(" 200 100 ", " 50 100 ")));
  }
}
