package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.namespace.Namespace;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LifetimeTest {
  private static final long NO_LIMIT = Long.MAX_VALUE;
  private static final long SECOND = 1_000_000_000L;

  /** Near the end of the range: monotonic time may start anywhere. */
  private static final long SENT = Math.subtractExact(Long.MAX_VALUE, SECOND);

  private final Lifetime lifetime = new Lifetime(Duration.ofMinutes(10));
  private final Namespace minute = namespace(Duration.ofMinutes(1));

  private static Namespace namespace(Duration l1Ttl) {
    return Namespace.of(
        new NearsideConfig.Namespace(
            "prompt",
            "prompt:{id}",
            l1Ttl,
            Duration.ofHours(1),
            Duration.ofHours(1),
            false,
            Duration.ZERO,
            List.of(),
            null));
  }

  private long lives(long ttlMillis, Namespace of, long maxAgeNs) {
    return lifetime.expiresAtNs(SENT, ttlMillis, of, maxAgeNs) - SENT;
  }

  private long absentFor(long readTookNs, long absentNs, Namespace of, long maxAgeNs) {
    long nowNs = SENT + readTookNs;
    return lifetime.absentUntilNs(SENT, nowNs, absentNs, of, maxAgeNs) - nowNs;
  }

  @Test
  void ttl_endsAFractionEarly_countedFromTheSending() {
    assertThat(lives(2000, null, NO_LIMIT)).isEqualTo(1_999_000_000L);
    assertThat(lives(200_000, null, NO_LIMIT)).isEqualTo(199_900_000_000L);
  }

  @Test
  void ttl_ofAKeyThatExpiresNow_isNoTime() {
    assertThat(lives(0, null, NO_LIMIT)).isZero();
    assertThat(lives(1, null, NO_LIMIT)).isLessThan(1_000_000);
  }

  @Test
  void ttl_aboveACap_isTheLowestCap() {
    assertThat(lives(3_600_000, null, NO_LIMIT)).isEqualTo(600 * SECOND);
    assertThat(lives(3_600_000, minute, NO_LIMIT)).isEqualTo(60 * SECOND);
    assertThat(lives(3_600_000, minute, 5 * SECOND)).isEqualTo(5 * SECOND);
    assertThat(lives(3_600_000, namespace(Duration.ofHours(2)), NO_LIMIT)).isEqualTo(600 * SECOND);
  }

  @Test
  void noExpiry_andNoKey_liveForTheCap() {
    assertThat(lives(-1, minute, NO_LIMIT)).isEqualTo(60 * SECOND);
    assertThat(lives(-2, minute, NO_LIMIT)).isEqualTo(60 * SECOND);
  }

  @Test
  void absentRow_livesAsLongAsItsMarker_countedFromNow() {
    assertThat(absentFor(2 * SECOND, 3 * SECOND, minute, NO_LIMIT)).isEqualTo(3 * SECOND);
    assertThat(absentFor(2 * SECOND, 0, minute, NO_LIMIT)).isZero();
  }

  @Test
  void absentRow_whoseMarkerOutlivesACap_livesForTheCapSinceTheSending() {
    long hour = 3600 * SECOND;
    assertThat(absentFor(2 * SECOND, hour, null, NO_LIMIT)).isEqualTo(598 * SECOND);
    assertThat(absentFor(2 * SECOND, hour, minute, NO_LIMIT)).isEqualTo(58 * SECOND);
    assertThat(absentFor(2 * SECOND, hour, minute, 5 * SECOND)).isEqualTo(3 * SECOND);
  }

  @Test
  void absentRow_thatWasReadForLongerThanACap_isNotHeld() {
    Lifetime briefly = new Lifetime(Duration.ofSeconds(1));
    long nowNs = SENT + 2 * SECOND;
    assertThat(briefly.absentUntilNs(SENT, nowNs, SECOND, null, NO_LIMIT)).isEqualTo(nowNs);
  }

  @Test
  void boundByTtl_onlyBelowTheCap() {
    assertThat(lifetime.isBoundByTtl(59_000, minute)).isTrue();
    assertThat(lifetime.isBoundByTtl(61_000, minute)).isFalse();
    assertThat(lifetime.isBoundByTtl(-1, minute)).isFalse();
  }

  @Test
  void moment_isOne_whereGetAndPttlAgreeThatTheKeyIsThere() {
    byte[] value = {1};
    assertThat(Lifetime.isOfOneMoment(value, -1)).isTrue();
    assertThat(Lifetime.isOfOneMoment(value, 0)).isTrue();
    assertThat(Lifetime.isOfOneMoment(null, -2)).isTrue();
    assertThat(Lifetime.isOfOneMoment(value, -2)).isFalse();
    assertThat(Lifetime.isOfOneMoment(null, 5)).isFalse();
  }
}
