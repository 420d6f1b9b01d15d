package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RoundTripTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final RoundTrip roundTrip = new RoundTrip();

  @Test
  void leastNs_isTheLeast() {
    assertThat(roundTrip.leastNs()).isZero();
    roundTrip.took(500, 0);
    roundTrip.took(300, SECOND);
    roundTrip.took(900, 2 * SECOND);
    assertThat(roundTrip.leastNs()).isEqualTo(300);
  }

  @Test
  void leastNs_whenTheWayHasBecomeLonger_isForgottenWithinTwoMinutes() {
    roundTrip.took(300, 0);
    roundTrip.took(900, 61 * SECOND);
    assertThat(roundTrip.leastNs()).isEqualTo(300);
    roundTrip.took(900, 100 * SECOND);
    assertThat(roundTrip.leastNs()).isEqualTo(300);
    roundTrip.took(900, 122 * SECOND);
    assertThat(roundTrip.leastNs()).isEqualTo(900);
  }
}
