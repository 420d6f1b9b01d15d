package dev.nearside.benchmarks.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The parts of the run that take seconds, so that the command works when it is wanted. */
@Timeout(120)
final class CoherenceRunIT {
  @Test
  void staleness_inShort_hasARowForEachReaderAndNothingWentBack() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      PrintStream quiet =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      Site.Opening opening =
          new Site.Opening(
              scratch.path(), RedisProgram.INSTALLED.find(scratch.path()), quiet, Effort.SHORT);

      Table table = new Staleness().run(opening);

      int wentBack = table.getColumns().indexOf("values that went back");
      int local = table.getColumns().indexOf("answered locally");
      assertThat(table.getRows()).hasSize(3);
      assertThat(table.getRows()).extracting(row -> row.get(wentBack)).containsOnly("0");
      assertThat(table.getRows().getFirst().get(local)).endsWith("%").isNotEqualTo("0.0 %");
      assertThat(table.markdown().lines().filter(line -> line.startsWith("| ")))
          .hasSize(1 + List.of("sidecar", "replica", "Redis").size());
    }
  }
}
