package dev.nearside.proxy.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run as long as a build has time for, logged with its seed. {@code -Dhistory.seed=7} plays
 * another, {@code -Dhistory.seconds=60} a longer one.
 */
final class ShortRun {
  private static final Logger log = LoggerFactory.getLogger(ShortRun.class);
  private static final long SEED = Long.getLong("history.seed", 1);

  private static final Duration LONGEST = Duration.ofSeconds(90);

  private ShortRun() {}

  /**
   * Plays and checks a scenario, and that the run meant something.
   *
   * @param seconds how long, unless the property says otherwise
   * @param leastLocalShare of its reads that L1 has to have answered
   */
  static void play(Scenario scenario, int seconds, double leastLocalShare) throws Exception {
    Duration time = Duration.ofSeconds(Integer.getInteger("history.seconds", seconds));
    check(
        new HistoryRun.Settings(scenario, SEED, Long.MAX_VALUE, 0, time, 1, null), leastLocalShare);
  }

  /** As {@link #play}, until the fault has struck so often. */
  static void playUntilStruck(Scenario scenario, int strikes, double leastLocalShare)
      throws Exception {
    long least = Integer.getInteger("history.strikes", strikes);
    check(new HistoryRun.Settings(scenario, SEED, 0, least, LONGEST, 1, null), leastLocalShare);
  }

  private static void check(HistoryRun.Settings settings, double leastLocalShare) throws Exception {
    Scenario scenario = settings.scenario();
    HistoryResult result = HistoryRun.play(settings);
    log.info("{}", result);
    assertThat(result.violations()).as("%s", result).isEmpty();
    assertThat(result.rounds()).as("%s", result).isPositive();
    assertThat(result.counters().localShare()).as("%s", result).isGreaterThan(leastLocalShare);
    assertThat(result.counters().pushes()).as("%s", result).isPositive();
    if (scenario.fault() == Fault.NONE) {
      assertThat(result.undecided()).as("%s", result).isZero();
      assertThat(result.unanswered()).as("%s", result).isZero();
    } else {
      // of a round full of commands whose outcome nobody knows, the check may have to be given up
      assertThat(result.undecided()).as("%s", result).isLessThanOrEqualTo(result.rounds() / 20);
      assertThat(result.strikes()).as("%s", result).isPositive();
      assertThat(result.strikes()).as("%s", result).isGreaterThanOrEqualTo(settings.strikes());
    }
  }
}
