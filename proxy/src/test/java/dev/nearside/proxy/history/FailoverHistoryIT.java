package dev.nearside.proxy.history;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Concurrent histories keep the coherence contract while the primary that sentinels name becomes
 * another; {@link LongHistory} plays every pair, again and again.
 */
@Timeout(120)
class FailoverHistoryIT {
  private static final double LEAST_LOCAL_SHARE = 0.02;

  @ParameterizedTest
  @CsvSource({"CALM, HANDED_OVER", "TRACKED_LATE, PRIMARY_KILLED", "OTHERS_LATE, PRIMARY_HUNG"})
  void histories_whileThePrimaryBecomesAnother_keepTheContract(Weather weather, Fault fault)
      throws Exception {
    ShortRun.playUntilStruck(
        new Scenario(Shape.SENTINEL, weather, fault, false), 1, LEAST_LOCAL_SHARE);
  }
}
