package dev.nearside.benchmarks.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A short race with real servers, in which every row read is checked. */
@Timeout(120)
final class DatabaseRunIT {
  private static final int ROWS = 200_000;

  @Test
  void race_inShort_readsRowsOnEveryWay() throws Exception {
    Path pgbench = Pgbench.find();
    assumeTrue(pgbench != null, "pgbench is not installed");
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Site site = Site.open(scratch.path(), pgbench, ROWS, List.of())) {
      PrintStream quiet =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      Duration moment = Duration.ofSeconds(1);

      Table table =
          new Race(site, new DatabaseRun.Size(1, moment, Duration.ZERO, 1, ROWS), quiet).run();

      int rate = table.getColumns().indexOf("rows/s");
      assertThat(table.getRows()).hasSize(5);
      assertThat(table.getRows()).extracting(row -> row.get(rate)).doesNotContain("0");
      assertThat(table.getRaw().get("nearside, 50 connections, CPU of PostgreSQL µs/row"))
          .allMatch(us -> us > 0);
    }
  }

  @Test
  void writeRace_inShort_writesRowsOnEveryWay_andTheOutboxGetsEmpty() throws Exception {
    Path pgbench = Pgbench.find();
    assumeTrue(pgbench != null, "pgbench is not installed");
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Site site = Site.open(Site.Purpose.WRITES, scratch.path(), pgbench, ROWS, List.of())) {
      PrintStream quiet =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      Duration moment = Duration.ofSeconds(1);

      Table table =
          new WriteRace(site, new DatabaseRun.Size(1, moment, Duration.ZERO, 1, ROWS), quiet).run();

      int rate = table.getColumns().indexOf("writes/s");
      assertThat(table.getRows()).hasSize(5);
      assertThat(table.getRows()).extracting(row -> row.get(rate)).doesNotContain("0");
      assertThat(site.waiting()).isZero();
      for (Accounts.Way way : Accounts.Way.values()) {
        try (Connection connection = site.connect();
            Statement statement = connection.createStatement();
            ResultSet written =
                statement.executeQuery(
                    "SELECT count(*) FROM %s WHERE value ~ '[0-9]$'".formatted(way.table()))) {
          written.next();
          assertThat(written.getLong(1)).isPositive();
        }
      }
    }
  }

  @Test
  void row_ofAsManyTurnsAsThereAreRows_isEachRowOnce() {
    assertThat(LongStream.range(5, 5 + ROWS).map(turn -> KeyValues.row(turn, ROWS)).distinct())
        .hasSize(ROWS)
        .allMatch(row -> row >= KeyValues.FIRST && row < KeyValues.FIRST + ROWS);
  }
}
