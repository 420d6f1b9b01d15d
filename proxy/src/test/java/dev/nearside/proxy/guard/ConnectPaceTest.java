package dev.nearside.proxy.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ConnectPaceTest {
  private static final long LONGEST_NS = ConnectPace.LONGEST.toNanos();

  private final ConnectPace pace = new ConnectPace();

  @Test
  void tryEnter_whileAllIsWell_letsEverybodyIn() {
    for (int i = 0; i < 1000; i++) {
      assertThat(pace.tryEnter(7)).isTrue();
    }
    assertThat(pace.waitNs(7)).isZero();
  }

  @Test
  void tryEnter_afterAFailure_letsOneInAtATime() {
    pace.failed(0);
    assertThat(pace.tryEnter(0)).isFalse();
    assertThat(pace.waitNs(0)).isPositive();
    long later = pace.waitNs(0);
    assertThat(pace.tryEnter(later)).isTrue();
    assertThat(pace.tryEnter(later)).isFalse();
  }

  @Test
  void tryEnter_afterASuccess_letsEverybodyInAgain() {
    pace.failed(0);
    pace.succeeded();
    assertThat(pace.tryEnter(0)).isTrue();
    assertThat(pace.tryEnter(0)).isTrue();
  }

  @Test
  void tryEnter_ofAThousandWhoNeverStop_isBoundedAndNeverLongerThanTheLongestApart() {
    long last = 0;
    int tries = 0;
    for (long nowNs = 0; nowNs < TimeUnit.SECONDS.toNanos(120); nowNs += 1_000_000) {
      for (int each = 0; each < 1000; each++) {
        if (pace.tryEnter(nowNs)) {
          assertThat(nowNs - last).isLessThanOrEqualTo(LONGEST_NS + 1_000_000);
          last = nowNs;
          tries++;
          pace.failed(nowNs);
        }
      }
    }
    assertThat(tries).isBetween(120, 480); // two a second, as drawn
  }

  @Test
  void failed_ofTwoSidecars_doesNotBringThemBackTogether() {
    ConnectPace other = new ConnectPace();
    int together = 0;
    for (int round = 0; round < 100; round++) {
      pace.failed(0);
      other.failed(0);
      together += Math.abs(pace.waitNs(0) - other.waitNs(0)) < 1_000_000 ? 1 : 0;
    }
    assertThat(together).isLessThan(10);
  }

  @Test
  void tryEnter_whoNeverSaysHowItWent_isNotWaitedForLongerThanTheLongest() {
    pace.failed(0);
    long first = pace.waitNs(0);
    assertThat(pace.tryEnter(first)).isTrue();
    assertThat(pace.tryEnter(first + LONGEST_NS)).isTrue();
  }
}
