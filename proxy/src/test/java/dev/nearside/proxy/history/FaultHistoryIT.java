package dev.nearside.proxy.history;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Concurrent histories keep the coherence contract while things fail. */
@Timeout(120)
class FaultHistoryIT {
  private static final int SECONDS = 2;
  private static final double LEAST_LOCAL_SHARE = 0.05;

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void histories_underAFault_keepTheContract(Fault fault) throws Exception {
    ShortRun.play(Scenario.of(fault), SECONDS, LEAST_LOCAL_SHARE);
  }
}
