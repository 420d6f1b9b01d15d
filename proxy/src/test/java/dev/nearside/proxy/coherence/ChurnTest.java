package dev.nearside.proxy.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChurnTest {
  private static final long MINUTE_NS = 60_000_000_000L;

  private long nowNs;
  private final Churn churn = new Churn(() -> nowNs);

  @Test
  void invalidatedUnserved_thrice_isHeldInVain() {
    churn.invalidated(0x12345678, false);
    churn.invalidated(0x12345678, false);
    assertThat(churn.isHeldInVain(0x12345678)).isFalse();
    churn.invalidated(0x12345678, false);
    assertThat(churn.isHeldInVain(0x12345678)).isTrue();
  }

  @Test
  void servedOnce_startsAnew() {
    churn.invalidated(7, false);
    churn.invalidated(7, false);
    churn.invalidated(7, true);
    churn.invalidated(7, false);
    churn.invalidated(7, false);
    assertThat(churn.isHeldInVain(7)).isFalse();
  }

  @Test
  void heldInVain_isForgottenAfterAMinute() {
    for (int i = 0; i < 20; i++) {
      churn.invalidated(7, false);
    }
    assertThat(churn.isHeldInVain(7)).isTrue();
    nowNs += MINUTE_NS;
    assertThat(churn.isHeldInVain(7)).isFalse();
  }

  @Test
  void anotherKeyInTheSameSlot_isNotMeant() {
    int other = 7 + (1 << 20);
    for (int i = 0; i < 3; i++) {
      churn.invalidated(7, false);
    }
    assertThat(churn.isHeldInVain(other)).isFalse();
    churn.invalidated(other, true);
    assertThat(churn.isHeldInVain(7)).isTrue();
  }
}
