package dev.nearside.benchmarks.servers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddedClusterTest {
  @ParameterizedTest
  @CsvSource({"0,0", "5460,0", "5461,1", "10921,1", "10922,2", "16383,2"})
  void nodeOf_ofThree_isWhoHasTheSlot(int slot, int node) {
    assertThat(EmbeddedCluster.nodeOf(slot, 3)).isEqualTo(node);
  }
}
