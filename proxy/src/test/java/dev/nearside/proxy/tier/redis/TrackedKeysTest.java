package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TrackedKeysTest {
  private static final int MAX = 10_000;

  private final TrackedKeys keys = new TrackedKeys(MAX);
  private final SplittableRandom random = new SplittableRandom(1);

  private int[] remember(int count) {
    int[] hashes = random.ints(count).toArray();
    for (int hash : hashes) {
      keys.remembered(hash);
    }
    return hashes;
  }

  @Test
  void estimate_upToTheLimit_isCloseToWhatWasRemembered() {
    assertThat(keys.estimate()).isZero();
    remember(1_000);
    assertThat(keys.estimate()).isCloseTo(1_000, withinPercentage(2));
    remember(MAX - 1_000);
    assertThat(keys.estimate()).isCloseTo(MAX, withinPercentage(2));
  }

  @Test
  void remembered_again_countsOnce() {
    for (int i = 0; i < 100; i++) {
      keys.remembered(77);
    }
    assertThat(keys.estimate()).isEqualTo(1);
  }

  @Test
  void admits_atTheLimit_onlyWhatIsRemembered() {
    int[] hashes = remember(MAX + MAX / 20);
    assertThat(keys.admits(hashes[0])).isTrue();
    int admitted = 0;
    for (int i = 0; i < 1_000; i++) {
      admitted += keys.admits(random.nextInt()) ? 1 : 0;
    }
    assertThat(admitted).isBetween(1, 400); // those that share a bit
  }

  @Test
  void forgotten_makesRoomAgain() {
    int[] hashes = remember(MAX + MAX / 20);
    for (int i = 0; i < hashes.length / 2; i++) {
      keys.forgotten(hashes[i]);
    }
    assertThat(keys.admits(random.nextInt())).isTrue();
    assertThat(keys.estimate()).isBetween(MAX * 4L / 10, MAX * 11L / 20);
    for (int hash : hashes) {
      keys.forgotten(hash);
    }
    assertThat(keys.estimate()).isZero();
  }

  @Test
  void forgottenAll_isEmpty() {
    remember(MAX);
    keys.forgottenAll();
    assertThat(keys.estimate()).isZero();
    assertThat(keys.admits(1)).isTrue();
  }

  @Test
  void limitOfOne_admitsOne() {
    TrackedKeys one = new TrackedKeys(1);
    assertThat(one.admits(5)).isTrue();
    one.remembered(5);
    assertThat(one.admits(5)).isTrue();
    assertThat(one.admits(6)).isFalse();
  }
}
