package dev.nearside.proxy.history;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Concurrent histories through two sidecars and at Redis itself keep the coherence contract,
 * wherever the network is slow. {@link LongHistory} plays millions.
 */
@Timeout(120)
class CoherenceHistoryIT {
  private static final int SECONDS = 3;
  private static final double LEAST_LOCAL_SHARE = 0.2;
  private static final double LEAST_WITH_FLUSHES = 0.05;

  @ParameterizedTest
  @EnumSource
  void histories_inAnyWeather_keepTheContract(Weather weather) throws Exception {
    ShortRun.play(Scenario.of(weather), SECONDS, LEAST_LOCAL_SHARE);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "BOTH_VARY")
  void histories_withDatabasesFlushedAndSwapped_keepTheContract(Weather weather) throws Exception {
    ShortRun.play(new Scenario(weather, Fault.NONE, true), SECONDS, LEAST_WITH_FLUSHES);
  }
}
