package dev.nearside.proxy.history;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Concurrent histories keep the coherence contract while slots of a cluster move and its primaries
 * become others; {@link LongHistory} plays every pair, again and again.
 */
@Timeout(120)
class ClusterHistoryIT {
  private static final double LEAST_LOCAL_SHARE = 0.02;

  @ParameterizedTest
  @CsvSource({"CALM, SLOT_MOVED, 40", "TRACKED_LATE, HANDED_OVER, 1", "CALM, PRIMARY_HUNG, 1"})
  void histories_overAClusterThatMoves_keepTheContract(Weather weather, Fault fault, int strikes)
      throws Exception {
    ShortRun.playUntilStruck(
        new Scenario(Shape.CLUSTER, weather, fault, false), strikes, LEAST_LOCAL_SHARE);
  }
}
