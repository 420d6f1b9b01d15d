package dev.nearside.benchmarks.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.benchmarks.generator.Zipf;
import dev.nearside.benchmarks.report.Table;
import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A small fleet at a real Redis: what Redis says of it must be what the fleet believes. */
@Timeout(60)
final class FleetRunIT {
  private static final int KEYS = 200;
  private static final int SIDECARS = 10;

  @Test
  void writes_ofKeysThatAllHold_pushEachToEverySidecar() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create();
        EmbeddedRedis redis =
            EmbeddedRedis.start(RedisProgram.INSTALLED.find(scratch.path()), scratch.path())) {
      try (RedisConnection connection = RedisConnection.open(redis.port())) {
        Keys.load(connection, KEYS);
      }
      int[] all = IntStream.range(0, KEYS).toArray();
      Fleet.Plan plan =
          new Fleet.Plan(
              redis.port(), SIDECARS, true, Heartbeat.CHECKS, i -> all, KEYS, 0, new Zipf(1));
      try (Fleet fleet = Fleet.open(plan)) {
        Statistics filled = Statistics.of(redis);
        fleet.work();
        long answered = new Writer(Keys::read, KEYS, 1000).run(redis.port()).getTotalCount();

        while (fleet.pushes() < KEYS * SIDECARS) {
          Thread.onSpinWait(); // the pushes come after the replies
        }

        assertThat(filled.trackedKeys()).isEqualTo(KEYS);
        assertThat(filled.trackedPairs()).isEqualTo(KEYS * SIDECARS);
        assertThat(answered).isEqualTo(KEYS);
        assertThat(Statistics.of(redis).trackedPairs()).isZero();
        assertThat(fleet.pushes()).isEqualTo(KEYS * SIDECARS);
        fleet.requireSound();
      }
    }
  }

  @Test
  void limits_inShort_keepTheFleetBelowEachLimit() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      PrintStream quiet =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      Path program = RedisProgram.INSTALLED.find(scratch.path());
      FleetRun.Size size = new FleetRun.Size(1, 0.1, SIDECARS, KEYS, 200, 500, List.of(5, 50));
      Scene.Stage stage = new Scene.Stage(program, scratch.path(), KEYS, List.of());

      Table table = new Measures(size, stage, quiet).limits();

      int pairs = table.getColumns().indexOf("pairs");
      assertThat(table.getRows()).extracting(row -> row.get(pairs)).contains("0", "50", "500");
      assertThat(table.getRows().stream().filter(row -> row.get(0).startsWith("**"))).hasSize(3);
    }
  }
}
