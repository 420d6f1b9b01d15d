package dev.nearside.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
  @ParameterizedTest
  @CsvSource({"'','',0", "a,'',1", "'',ab,2", "listen,lsiten,1", "kitten,sitting,3", "ca,abc,3"})
  void changes_countsInsertDropReplaceAndSwap(String from, String to, int changes) {
    assertThat(NearestName.changes(from, to)).isEqualTo(changes);
  }

  @Test
  void of_keyInTheWrongSection_findsItsSection() {
    List<String> candidates = List.of("l1.max-entry", "limits.max-bulk", "l1.max-bytes");
    assertThat(NearestName.of("limits.max-bytes", candidates)).isEqualTo("l1.max-bytes");
  }

  @Test
  void of_absurdlyLongName_isStillAnswered() {
    assertThat(NearestName.of("x".repeat(1_000_000), List.of("listen"))).isEqualTo("listen");
  }
}
