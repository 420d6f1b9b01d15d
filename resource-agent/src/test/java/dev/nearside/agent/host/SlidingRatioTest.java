package dev.nearside.agent.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SlidingRatioTest {
  private final SlidingRatio ratio = new SlidingRatio(TimeUnit.SECONDS.toNanos(1));

  @Test
  void add_first_isUnknown() {
    assertThat(add(0, 5, 10)).isNaN();
  }

  @Test
  void add_dividesGrowthByGrowth() {
    add(0, 5, 10);
    assertThat(add(500, 6, 15)).isEqualTo(0.2);
  }

  @Test
  void add_whenTheWholeStandsStill_isZero() {
    add(0, 5, 10);
    assertThat(add(500, 5, 10)).isZero();
  }

  @Test
  void add_looksBackOneLengthOnly() {
    for (int ms = 0; ms <= 5000; ms += 100) {
      add(ms, 0, ms);
    }
    assertThat(add(5500, 250, 5500)).as("since 4400").isEqualTo(250.0 / 1100);
    for (int ms = 5600; ms <= 6600; ms += 100) {
      assertThat(add(ms, 250, ms)).isLessThanOrEqualTo(0.25);
    }
    assertThat(add(6700, 250, 6700)).as("the burst has left the window").isZero();
  }

  @Test
  void add_soonAfterAnother_stillSpansTheLength() {
    add(0, 0, 0);
    add(500, 0, 500);
    add(1000, 500, 1000);
    assertThat(add(1100, 600, 1100)).as("600 of the last 1100").isEqualTo(600.0 / 1100);
  }

  @Test
  void add_whenACounterRunsBackwards_startsAnew() {
    add(0, 50, 100);
    assertThat(add(500, 1, 2)).isNaN();
    assertThat(add(1000, 2, 4)).isEqualTo(0.5);
  }

  private double add(int ms, double part, double whole) {
    return ratio.add(TimeUnit.MILLISECONDS.toNanos(ms), part, whole);
  }
}
