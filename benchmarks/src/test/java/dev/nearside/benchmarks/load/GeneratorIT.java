package dev.nearside.benchmarks.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One short round against a real Redis: its own statistics must tell the same story. */
@Timeout(60)
final class GeneratorIT {
  private static final int KEYS = 100;

  @ParameterizedTest
  @CsvSource({"GET,1", "GET,32", "INCR,1", "INCR,32"})
  void round_againstRedis_countsWhatRedisExecuted(Load.Operation operation, int pipeline)
      throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Contestant redis =
            Contestant.redis(
                "redis", RedisProgram.INSTALLED.find(scratch.path()), scratch.path(), KEYS)) {
      Load load = new Load(redis.port(), redis.pids(), operation, pipeline, 10, KEYS, 100, 300);

      Round round = Generator.inOwnProcess(load);

      assertThat(redis.executed(operation)).isEqualTo(round.totalRequests());
      assertThat(round.requests()).isPositive().isLessThan(round.totalRequests());
      assertThat(round.errors()).isZero();
      assertThat(round.seconds()).isGreaterThanOrEqualTo(0.3);
      assertThat(round.p50Us()).isPositive().isLessThanOrEqualTo(round.p99Us());
      assertThat(round.p99Us()).isLessThanOrEqualTo(round.maxUs());
      assertThat(round.cpuSeconds()).hasSize(1).allMatch(seconds -> seconds >= 0);
    }
  }

  @Test
  void comparison_ofRedisAlone_hasEveryRoundAndNothingLocal() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Contestant redis =
            Contestant.redis(
                "redis", RedisProgram.INSTALLED.find(scratch.path()), scratch.path(), KEYS)) {
      PrintStream quiet = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8);
      Load load = new Load(0, List.of(), Load.Operation.GET, 8, 5, KEYS, 20, 50);

      List<Series> series = new Comparison(List.of(redis), quiet).run(load, 3);

      assertThat(series).hasSize(1);
      assertThat(series.getFirst().rounds()).hasSize(3);
      assertThat(series.getFirst().local()).isZero();
    }
  }
}
