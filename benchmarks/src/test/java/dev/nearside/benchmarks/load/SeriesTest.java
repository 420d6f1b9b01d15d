package dev.nearside.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class SeriesTest {
  @Test
  void median_oddCount_isTheMiddleOne() {
    assertThat(Series.median(9, 1, 5)).isEqualTo(5);
  }

  @Test
  void median_evenCount_isTheMeanOfTheMiddleTwo() {
    assertThat(Series.median(8, 100, 2, 4)).isEqualTo(6);
  }

  @Test
  void median_ofNothing_isRefused() {
    assertThatThrownBy(() -> Series.median()).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ratio_ofMedians_ignoresOneStrayRound() {
    Series redis = series("redis", 100, 110, 90);
    Series nearside = series("nearside", 200, 220, 9000);

    assertThat(nearside.ratio(redis, Round::requestsPerSecond)).isCloseTo(2.2, within(1e-9));
    assertThat(redis.ratio(redis, Round::requestsPerSecond)).isEqualTo(1);
  }

  @Test
  void cpuUs_ofARound_isCpuTimePerRequestOfEachProcess() {
    Round round = new Round(1_000_000, 2, 1, 2, 3, List.of(1.5, 0.25), 0.5, 0, 1_000_000);

    assertThat(round.requestsPerSecond()).isEqualTo(500_000);
    assertThat(round.cpuUs(0)).isEqualTo(1.5);
    assertThat(round.cpuUs(1)).isEqualTo(0.25);
  }

  @Test
  void markdown_ofTwoServers_showsMediansAndRatios() {
    Load load = new Load(0, List.of(), Load.Operation.GET, 32, 50, 10_000, 1000, 5000);
    List<Series> series = List.of(series("redis", 100, 110, 90), series("nearside", 200, 220, 240));
    Report report =
        new Report("x", "2026-01-01", Map.of(), Map.of(), List.of(new Report.Case(load, series)));

    assertThat(report.markdown())
        .contains("## GET, pipeline 32")
        .containsPattern("\\| redis \\| 100 \\|.*\\| 1\\.00 \\| 1\\.00 \\| 1\\.00 \\| 1\\.00 \\|")
        .containsPattern("\\| nearside \\| 220 \\|.*\\| 2\\.20 \\|");
  }

  private static Series series(String server, double... requestsPerSecond) {
    List<Round> rounds =
        DoubleStream.of(requestsPerSecond)
            .mapToObj(n -> new Round((long) n, 1, 10, 20, 30, List.of(0.001), 0.1, 0, (long) n))
            .toList();
    return new Series(server, rounds, 0);
  }
}
