package dev.nearside.proxy.tier.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The 32-bit times of entries: their range, their rounding, and that they never wrap. */
class CohortTest {
  private static final long DAY_NS = Duration.ofDays(1).toNanos();
  private static final long RANGE_NS = (1L << 32) * Cohort.TICK_NS;

  private final Cohort.Current current = new Cohort.Current();

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, -123_456_789_123L})
  void ns_inRange_isRoundedDownByLessThanATick(long baseNs) {
    Cohort cohort = new Cohort(0, 0, 0, baseNs);
    for (long afterNs = 0; afterNs < RANGE_NS; afterNs += RANGE_NS / 1_000_003) {
      long roundedNs = baseNs + afterNs - cohort.ns(cohort.ticks(baseNs + afterNs));
      assertThat(roundedNs).isBetween(0L, Cohort.TICK_NS - 1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Long.MIN_VALUE, Long.MAX_VALUE})
  void ns_beyondTheRange_isItsEnd(long baseNs) {
    Cohort cohort = new Cohort(0, 0, 0, baseNs);
    for (long afterNs : new long[] {RANGE_NS, RANGE_NS + 1, 365 * DAY_NS, Long.MAX_VALUE}) {
      assertThat(cohort.ns(cohort.ticks(baseNs + afterNs)) - baseNs)
          .isEqualTo(RANGE_NS - Cohort.TICK_NS);
    }
  }

  @Test
  void ns_beforeTheBase_isTheBase() {
    Cohort cohort = new Cohort(0, 0, 0, 1_000);
    assertThat(cohort.ns(cohort.ticks(999))).isEqualTo(1_000);
    assertThat(cohort.ns(cohort.ticks(-RANGE_NS))).isEqualTo(1_000);
  }

  @Test
  void of_sameKindWithinTheHour_isTheSame() {
    Cohort first = current.of(1, 2, 3, 100);
    assertThat(current.of(1, 2, 3, 100 + Cohort.OPEN_NS - 1)).isSameAs(first);
    assertThat(first).isEqualTo(new Cohort(1, 2, 3, 100));
  }

  @Test
  void of_anotherKindOrHour_orAnEarlierStart_isAnother() {
    assertThat(current.of(1, 2, 3, 100)).isEqualTo(new Cohort(1, 2, 3, 100));
    assertThat(current.of(0, 2, 3, 100)).isEqualTo(new Cohort(0, 2, 3, 100));
    assertThat(current.of(1, 9, 3, 100)).isEqualTo(new Cohort(1, 9, 3, 100));
    assertThat(current.of(1, 9, 4, 100)).isEqualTo(new Cohort(1, 9, 4, 100));
    assertThat(current.of(1, 9, 4, 99).baseNs()).isEqualTo(99);
    long laterNs = 99 + Cohort.OPEN_NS;
    assertThat(current.of(1, 9, 4, laterNs).baseNs()).isEqualTo(laterNs);
  }

  @Test
  void of_kindsThatShareASlot_areKeptApart() {
    for (int namespace : new int[] {1, 257, 1, 257}) {
      assertThat(current.of(0, 0, namespace, 5).namespace()).isEqualTo(namespace);
    }
  }

  @Test
  void renewsAt_leavesDaysForTheExpiry() {
    Cohort cohort = new Cohort(0, 0, 0, 0);
    assertThat(cohort.renewsAt(-1)).isFalse();
    assertThat(cohort.renewsAt(0)).isTrue();
    long lastNs = 0;
    while (cohort.renewsAt(lastNs + DAY_NS / 24)) {
      lastNs += DAY_NS / 24;
    }
    assertThat(RANGE_NS - lastNs).isGreaterThan(6 * DAY_NS);
    assertThat(lastNs).isGreaterThan(6 * DAY_NS);
  }
}
