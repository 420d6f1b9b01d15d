package dev.nearside.benchmarks.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A short run with real servers. */
@Timeout(120)
final class CaptureRunIT {
  @Test
  void run_inShort_measuresEveryChange() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Site site = Site.open(scratch.path())) {
      Table table = CaptureRun.measure(site, 20, 1, 1);

      assertThat(table.getRows()).hasSize(2);
      assertThat(table.getRaw().values()).allSatisfy(millis -> assertThat(millis).hasSize(20));
      assertThat(table.getRows().getLast().getLast()).isNotEqualTo("0");
    }
  }
}
