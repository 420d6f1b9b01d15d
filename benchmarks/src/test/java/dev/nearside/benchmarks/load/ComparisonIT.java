package dev.nearside.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.benchmarks.generator.Generator;
import dev.nearside.benchmarks.generator.KeyFamily;
import dev.nearside.benchmarks.generator.Round;
import dev.nearside.benchmarks.generator.Workload;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

@Timeout(60)
final class ComparisonIT {
  private static final PrintStream QUIET =
      new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);

  private final RunOptions options = options();
  private ScratchDirectory scratch;
  private Contestant redis;

  @BeforeEach
  void start() throws Exception {
    scratch = ScratchDirectory.create();
    redis =
        Contestant.begin(
            Entrant.of(Peer.REDIS).asFar(),
            RedisProgram.INSTALLED.find(scratch.path()),
            scratch.path(),
            null);
    redis.complete(options.data());
  }

  @AfterEach
  void stop() throws Exception {
    redis.close();
    scratch.close();
  }

  @Test
  void run_ofRedisAlone_hasEveryRoundAndNothingLocal() throws Exception {
    List<Series> series = comparison(Generator::here).run(trial(Workload.READ));

    assertThat(series).hasSize(1);
    assertThat(series.getFirst().rounds()).hasSize(3);
    assertThat(series.getFirst().local()).isZero();
  }

  @Test
  void run_ofIncrements_findsThemAllAtRedis() throws Exception {
    comparison(Generator::here).run(trial(Workload.INCR));

    assertThat(redis.counted()).isEqualTo(redis.executed("incr"));
  }

  @Test
  void run_anIncrementIsLost_fails() {
    LoadGenerator loses =
        assignment -> {
          Round round = Generator.here(assignment);
          try (RedisConnection connection = RedisConnection.over(assignment.address().connect())) {
            connection.call("DECR", KeyFamily.COUNTER.key(0));
          }
          return round;
        };

    assertThatThrownBy(() -> comparison(loses).run(trial(Workload.INCR)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("redis: clients counted up by");
  }

  @Test
  void hop_toRedis_delaysEachWay() throws Exception {
    assertThat(redis.roundTripUs()).isGreaterThan(2 * DelayHop.EACH_WAY.toNanos() / 1e3);
  }

  private Comparison comparison(LoadGenerator generator) {
    return new Comparison(List.of(redis), generator, options, QUIET);
  }

  private Trial trial(Workload workload) {
    return new Trial("a trial", options.load(workload, 8), Peer.REDIS);
  }

  private static RunOptions options() {
    RunOptions options = new RunOptions();
    new CommandLine(options)
        .parseArgs("--rounds=3", "--seconds=0.05", "--warmup=0.02", "--first=0.05", "--keys=100");
    return options;
  }
}
