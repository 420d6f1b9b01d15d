package dev.nearside.proxy.history;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Concurrent histories keep the coherence contract while things fail: each fault in one of the two
 * kinds of weather that tell most; {@link LongHistory} plays every pair, {@link FailoverHistoryIT}
 * the failovers.
 */
@Timeout(120)
class FaultHistoryIT {
  private static final int SECONDS = 2;
  private static final double LEAST_LOCAL_SHARE = 0.05;

  @ParameterizedTest
  @EnumSource(
      names = {"REDIS_STOPPED", "SOCKETS_CUT", "OTHER_NODE", "SIDECAR_STOPPED", "TRACKING_REFUSED"})
  void histories_underAFaultWhileTheTrackedConnectionIsLate_keepTheContract(Fault fault)
      throws Exception {
    ShortRun.play(new Scenario(Weather.TRACKED_LATE, fault, false), SECONDS, LEAST_LOCAL_SHARE);
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "NONE",
        "REDIS_STOPPED",
        "SOCKETS_CUT",
        "OTHER_NODE",
        "SIDECAR_STOPPED",
        "TRACKING_REFUSED",
        "HANDED_OVER",
        "PRIMARY_KILLED",
        "PRIMARY_HUNG",
        "SLOT_MOVED"
      })
  void histories_underAFaultWhileTheOthersAreLate_keepTheContract(Fault fault) throws Exception {
    ShortRun.play(new Scenario(Weather.OTHERS_LATE, fault, false), SECONDS, LEAST_LOCAL_SHARE);
  }
}
