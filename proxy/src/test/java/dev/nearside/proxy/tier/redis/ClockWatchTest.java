package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
  private long monotonicNs = 1;
  private long wallMs = 1;
  private long blurNs;
  private final ClockWatch watch =
      new ClockWatch(new Clocks(this::monotonic, () -> wallMs), Duration.ofSeconds(1));

  private long monotonic() {
    monotonicNs += blurNs;
    return monotonicNs;
  }

  private long after(long monotonicMs, long wall) {
    monotonicNs += monotonicMs * 1_000_000;
    wallMs += wall;
    return watch.movedApartMs();
  }

  @Test
  void movedApart_together_isNothing() {
    assertThat(after(150, 150)).isZero();
    assertThat(after(60_000, 60_000)).isZero(); // a pause of this process stops neither
  }

  @Test
  void movedApart_slewedForADay_isNothing() {
    for (int tick = 0; tick < 10 * 86_400; tick++) {
      assertThat(after(100, 100 + (tick % 20 == 0 ? 1 : 0))).isZero(); // 0.05 %
    }
  }

  @Test
  void movedApart_monotonicTimeStopped_isNoticedOnce() {
    assertThat(after(100, 400)).isEqualTo(300);
    assertThat(after(100, 100)).isZero();
  }

  @Test
  void movedApart_wallClockSteppedBack_isNoticed() {
    assertThat(after(100, -3_000)).isEqualTo(-3_100);
  }

  @Test
  void movedApart_atATenthOfMaxStaleness_isStillBorne() {
    assertThat(after(100, 200)).isZero();
    assertThat(after(100, 202)).isEqualTo(102);
  }

  @Test
  void movedApart_heldUpBetweenTheClocks_isNotBlamedOnThem() {
    after(100, 100);
    blurNs = 300_000_000;
    wallMs += 300;
    assertThat(after(100, 100)).isZero();
  }
}
