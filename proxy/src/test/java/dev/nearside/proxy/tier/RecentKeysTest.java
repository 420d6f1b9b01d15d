package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RecentKeysTest {
  private final RecentKeys keys = new RecentKeys(Duration.ofNanos(1_000), 1);

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
  void contains_forMoreKeys_remembersMore() {
    RecentKeys many = new RecentKeys(Duration.ofNanos(1_000), 1 << 20);
    for (int hash = 0; hash < 1 << 18; hash++) {
      keys.mark(hash, 0);
      many.mark(hash, 0);
    }
    assertThat(remembered(keys)).isLessThanOrEqualTo(1 << 15);
    assertThat(remembered(many)).isGreaterThan(1 << 17);
  }

  private static int remembered(RecentKeys keys) {
    int remembered = 0;
    for (int hash = 0; hash < 1 << 18; hash++) {
      remembered += keys.contains(hash, 0) ? 1 : 0;
    }
    return remembered;
  }

  @Test
  void contains_keysInOneOrderAgainAndAgain_allAreSeenInTheEnd() {
    RecentKeys asked = new RecentKeys(Duration.ofHours(1), 1);
    Set<Integer> missing =
        new Random(7).ints(10_000).boxed().collect(Collectors.toCollection(LinkedHashSet::new));
    long nowNs = 0;
    for (int round = 0; round < 40; round++) {
      for (Iterator<Integer> each = missing.iterator(); each.hasNext(); ) {
        int hash = each.next();
        nowNs += 1_037;
        if (asked.contains(hash, nowNs)) {
          each.remove();
        } else {
          asked.mark(hash, nowNs);
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void contains_empty_isFalseForEveryHash() {
    for (int hash = -100; hash <= 100; hash++) {
      assertThat(keys.contains(hash, 0)).isFalse();
    }
  }
}
