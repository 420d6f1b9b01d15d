package dev.nearside.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.nearside.benchmarks.generator.KeySpace;
import dev.nearside.benchmarks.generator.Load;
import dev.nearside.benchmarks.generator.Measure;
import dev.nearside.benchmarks.generator.Round;
import dev.nearside.benchmarks.generator.Workload;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class SeriesTest {
  @Test
  void median_oddCount_isTheMiddleOne() {
    assertThat(Measure.median(9, 1, 5)).isEqualTo(5);
  }

  @Test
  void median_evenCount_isTheMeanOfTheMiddleTwo() {
    assertThat(Measure.median(8, 100, 2, 4)).isEqualTo(6);
  }

  @Test
  void median_ofNothing_isRefused() {
    assertThatThrownBy(() -> Measure.median()).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ratio_ofMedians_ignoresOneStrayRound() {
    Series redis = series("redis", 100, 110, 90);
    Series nearside = series("nearside", 200, 220, 9000);

    assertThat(nearside.ratio(redis, Measure.REQUESTS)).isCloseTo(2.2, within(1e-9));
    assertThat(redis.ratio(redis, Measure.REQUESTS)).isEqualTo(1);
  }

  @Test
  void shares_ofReads_areWhatRedisDidNotSeeAndWhatItFilled() {
    Series series = new Series("nearside", List.of(), 1000, 100, 40, null);

    assertThat(series.local()).isCloseTo(0.9, within(1e-9));
    assertThat(series.filled()).isCloseTo(0.04, within(1e-9));
  }

  @Test
  void cpuUs_ofARound_isCpuTimePerRequestOfEachProcess() {
    Round round = new Round(1_000_000, 2, 1, 2, 3, 3, 8, List.of(1.5, 0.25), 0.5, 1_000_000, 0, 0);

    assertThat(round.requestsPerSecond()).isEqualTo(500_000);
    assertThat(Measure.CPU.of(round)).isEqualTo(1.5);
    assertThat(Measure.REDIS_CPU.of(round)).isEqualTo(0.25);
  }

  @Test
  void verdict_ofATarget_saysWhetherTheRatioMeetsIt() {
    List<Series> all = List.of(series("redis", 100), series("nearside", 120));
    Series own = all.getLast();

    assertThat(Target.atLeast(1.2, Measure.REQUESTS, "redis").verdict(own, all))
        .isEqualTo("requests/s ≥ 1.20 × redis: 1.20, met");
    assertThat(Target.atLeast(1.3, Measure.REQUESTS, "redis").verdict(own, all))
        .endsWith(": 1.20, not met");
    assertThat(Target.atMost(1, Measure.P99, "redis").verdict(own, all)).endsWith("1.00, met");
    assertThat(Target.atMost(0.99, Measure.P99, "redis").verdict(own, all)).endsWith("not met");
    assertThat(Target.atLeast(1, Measure.CPU, "haproxy").verdict(own, all))
        .isEqualTo("CPU ≥ 1.00 × haproxy: it did not take part");
  }

  @Test
  void markdown_whatLoopsAllocate_meetsTheTargetOnlyIfNothing() {
    Load load = new RunOptions().load(Workload.READ, 1);
    Trial trial = new Trial("GET", load, Peer.REDIS).withAllocation();
    List<Round> rounds = series("any", 1).rounds();
    Series none = new Series("none", rounds, 1, 0, 0, 0.004);
    Series some = new Series("some", rounds, 1, 0, 0, 16.0);

    assertThat(new CaseTable(new Report.Case(trial, List.of(none, some))).markdown())
        .contains("| bytes allocated/request |", "| 0 bytes: met |")
        .containsPattern("\\| some \\|.*\\| 16\\.00 \\|.*\\| 0 bytes: not met \\|");
  }

  @Test
  void markdown_ofTwoServers_showsMediansRatiosAndTargets() {
    KeySpace keys = KeySpace.uniform(10_000);
    Load load = new Load(Workload.READ, 32, 50, keys, RunOptions.VALUES, 1000, 5000, 1, 0);
    Target target = Target.atLeast(2, Measure.REQUESTS, "redis");
    Trial trial = new Trial("GET, pipeline 32", load, Peer.REDIS, target).noting("A note.");
    List<Series> series = List.of(series("redis", 100, 110, 90), series("nearside", 200, 220, 240));
    Report report =
        new Report(
            "x",
            "2026-01-01",
            Map.of(),
            Map.of(),
            List.of("a method"),
            List.of(new Report.Case(trial, series)));

    assertThat(report.markdown())
        .contains("- a method\n", "## GET, pipeline 32\n\nA note.\n\n| server | CPU µs/request |")
        .containsPattern(
            "\\| redis \\| 10\\.00 \\|  \\| 100 \\|.*\\| 1\\.00 \\| 1\\.00 \\| 1\\.00 \\|.*\\|  \\|")
        .containsPattern(
            "\\| nearside \\| 4\\.55 \\|  \\| 220 \\|.*\\| 2\\.20 \\|.*: 2\\.20, met \\|");
  }

  @Test
  void markdown_ofACaseLeftOut_saysWhyAndHasNoTable() {
    Trial trial =
        new Trial("GET hit", new RunOptions().load(Workload.READ, 1), Peer.REDIS).noting("Why.");
    Report report =
        new Report(
            "x",
            "2026-01-01",
            Map.of(),
            Map.of(),
            List.of(),
            List.of(new Report.Case(trial, List.of())));

    assertThat(report.markdown()).endsWith("## GET hit\n\nWhy.\n");
  }

  @Test
  void gathering_theNodesOfACluster_countsThemAsOne() {
    Round round = new Round(10, 1, 1, 1, 1, 1, 1, List.of(4.0, 1.0, 2.0), 0, 10, 0, 0);

    assertThat(round.gathering(0).cpuSeconds()).containsExactly(7.0);
    assertThat(round.gathering(1).cpuSeconds()).containsExactly(4.0, 3.0);
  }

  private static Series series(String server, double... requestsPerSecond) {
    List<Round> rounds =
        DoubleStream.of(requestsPerSecond)
            .mapToObj(n ->
                new Round((long) n, 1, 10, 20, 30, 30, 99, List.of(0.001), 0.1, (long) n, 0, 0))
            .toList();
    return new Series(server, rounds, 0, 0, 0, null);
  }
}
