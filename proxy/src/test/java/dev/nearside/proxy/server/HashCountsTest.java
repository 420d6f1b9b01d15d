package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashCountsTest {
  @Test
  void contains_ofNothing_isFalse() {
    HashCounts counts = new HashCounts();
    assertThat(counts.contains(0)).isFalse();
    counts.remove(0);
    assertThat(counts.isEmpty()).isTrue();
  }

  @Test
  void remove_ofOneOfTwo_leavesTheOther() {
    HashCounts counts = new HashCounts();
    counts.add(0);
    counts.add(0);
    counts.remove(0);
    assertThat(counts.contains(0)).isTrue();
    counts.remove(0);
    assertThat(counts.contains(0)).isFalse();
  }

  /** Few values collide and repeat, many make it grow. */
  @ParameterizedTest
  @ValueSource(ints = {3, 20, 400, Integer.MAX_VALUE})
  void anySequence_isAsAMapOfCounts(int values) {
    Random random = new Random(values);
    HashCounts counts = new HashCounts();
    Map<Integer, Integer> reference = new HashMap<>();
    for (int round = 0; round < 20_000; round++) {
      int hash = random.nextInt(values);
      boolean growing = round / 2_000 % 2 == 0;
      if (random.nextInt(3) < (growing ? 2 : 1)) {
        counts.add(hash);
        reference.merge(hash, 1, Integer::sum);
      } else {
        int gone = reference.isEmpty() ? hash : reference.keySet().iterator().next();
        counts.remove(gone);
        reference.computeIfPresent(gone, (key, count) -> count == 1 ? null : count - 1);
      }
      assertThat(counts.size()).isEqualTo(reference.size());
      assertThat(counts.contains(hash)).isEqualTo(reference.containsKey(hash));
    }
    reference.forEach((hash, count) -> {
      for (int i = 0; i < count; i++) {
        assertThat(counts.contains(hash)).isTrue();
        counts.remove(hash);
      }
    });
    assertThat(counts.isEmpty()).isTrue();
  }
}
