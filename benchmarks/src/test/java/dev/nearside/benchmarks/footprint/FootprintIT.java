package dev.nearside.benchmarks.footprint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each part in short: there is a row for everything, and L1 did answer. */
@Timeout(180)
final class FootprintIT {
  private ScratchDirectory scratch;
  private Place place;

  @BeforeEach
  void open() throws Exception {
    scratch = ScratchDirectory.create();
    PrintStream quiet =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    place =
        new Place(scratch.path(), RedisProgram.INSTALLED.find(scratch.path()), quiet, 1, 1, 4, 10);
  }

  @AfterEach
  void close() throws Exception {
    scratch.close();
  }

  @Test
  void starts_once_haveATimeEach() throws Exception {
    Table table = new Starts(place).run();

    assertThat(table.getRows()).hasSize(3);
    assertThat(table.getRaw().get("the launcher's flags: ms")).hasSize(1).allMatch(ms -> ms > 0);
  }

  @Test
  void idle_aSecondAfterTheStart_hasTheMemoryOfEveryProcess() throws Exception {
    Table table = new Idle(place).run();

    assertThat(table.getRows()).hasSize(4);
    assertThat(table.getRaw().values()).allSatisfy(mib -> assertThat(mib.getFirst()).isPositive());
  }

  @Test
  void full_smallL1_holdsEntriesAndAnswersLocally() throws Exception {
    List<Table> tables =
        new Full(place).run(List.of(Launch.of("small", "-Xmx128m", "-XX:+UseSerialGC")));

    List<String> row = tables.getFirst().getRows().getFirst();
    assertThat(tables.getFirst().getRaw().get("small: entries").getFirst()).isGreaterThan(10_000);
    assertThat(Integer.parseInt(row.getLast())).isLessThan(10_000); // of them reached Redis
    assertThat(tables.getLast().getRaw().get("small: live heap bytes").getFirst())
        .isBetween(100.0, 500.0);
    assertThat(tables.getLast().getRaw().get("used_memory bytes").getFirst())
        .isBetween(100.0, 500.0);
  }

  @Test
  void pauses_smallL1_haveARowForRedisAndEachHeap() throws Exception {
    Table table =
        new Pauses(place, new Pauses.Size(4, 1))
            .run(List.of(Launch.of("small", "-Xmx128m", "-XX:+UseSerialGC")));

    assertThat(table.getRows()).hasSize(2);
    assertThat(table.getRaw().get("small: held").getFirst())
        .isBetween(0.7, 1.0); // not those just set
    assertThat(table.getRaw().get("small: p99.99 µs").getFirst()).isPositive();
    assertThat(table.getRaw().get("small: longest stop ms").getFirst()).isPositive();
  }

  @Test
  void number_lineOfStatus_isRead() {
    assertThat(ProcessMemory.number("Name: x\nVmRSS:\t  1234 kB\n", "VmRSS:")).isEqualTo(1234);
    assertThat(ProcessMemory.number("Name: x\n", "VmRSS:")).isZero();
  }
}
