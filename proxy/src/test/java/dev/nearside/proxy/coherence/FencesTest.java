package dev.nearside.proxy.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FencesTest {
  private final Fences fences = new Fences();

  @Test
  void isUp_raisedTwiceLoweredOnce_isStillUp() {
    fences.raise(7);
    fences.raise(7);
    fences.lower(7);
    assertThat(fences.isUp(7)).isTrue();
    assertThat(fences.isUp(8)).isFalse();
    fences.lower(7);
    assertThat(fences.isUp(7)).isFalse();
    assertThat(fences.up()).isZero();
  }

  @Test
  void isUp_everything_isUpForEachUntilTheLastIsLowered() {
    fences.raiseAll();
    fences.raiseAll();
    fences.lowerAll();
    assertThat(fences.isUp(-1)).isTrue();
    assertThat(fences.up()).isEqualTo(1);
    fences.lowerAll();
    assertThat(fences.isUp(-1)).isFalse();
  }

  @Test
  void raise_negativeHash_hasACounter() {
    fences.raise(Integer.MIN_VALUE + 3);
    assertThat(fences.isUp(Integer.MIN_VALUE + 3)).isTrue();
  }
}
