package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RecentKeysTest {
  private final RecentKeys keys = new RecentKeys(Duration.ofNanos(1_000));

  @Test
  void contains_marked_forHalfAWindowAtLeast() {
    keys.mark(7, 10_999);
    assertThat(keys.contains(7, 10_999)).isTrue();
    assertThat(keys.contains(7, 11_499)).isTrue();
    assertThat(keys.contains(8, 10_999)).isFalse();
  }

  @Test
  void contains_afterAWindow_isForgotten() {
    keys.mark(7, 10_000);
    assertThat(keys.contains(7, 11_000)).isFalse();
  }

  @Test
  void contains_empty_isFalseForEveryHash() {
    for (int hash = -100; hash <= 100; hash++) {
      assertThat(keys.contains(hash, 0)).isFalse();
    }
  }
}
