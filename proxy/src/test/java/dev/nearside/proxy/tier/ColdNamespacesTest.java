package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ColdNamespacesTest {
  private final ColdNamespaces namespaces = new ColdNamespaces(2);

  private void miss(int times, int generation) {
    for (int i = 0; i < times; i++) {
      namespaces.asked(1, false, generation);
    }
  }

  @Test
  void isCold_afterSoManyMissesInARow() {
    miss(ColdNamespaces.COLD - 1, 1);
    assertThat(namespaces.isCold(1, 1)).isFalse();
    miss(2, 1);
    assertThat(namespaces.isCold(1, 1)).isTrue();
    assertThat(namespaces.isCold(0, 1)).isFalse();
  }

  @Test
  void isCold_afterAHit_orWhereRedisDoesNotSay_isFalse() {
    miss(ColdNamespaces.COLD, 1);
    namespaces.asked(1, true, 1);
    assertThat(namespaces.isCold(1, 1)).isFalse();
    miss(ColdNamespaces.COLD, 1);
    namespaces.unclear(1);
    assertThat(namespaces.isCold(1, 1)).isFalse();
  }

  @Test
  void isCold_inAnotherGeneration_isLearntAnew() {
    miss(ColdNamespaces.COLD, 1);
    assertThat(namespaces.isCold(1, 2)).isFalse();
    miss(ColdNamespaces.COLD - 1, 2);
    assertThat(namespaces.isCold(1, 2)).isFalse();
    miss(1, 2);
    assertThat(namespaces.isCold(1, 2)).isTrue();
  }
}
