package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.guard.ConnectPace;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PacedTriesTest {
  private static final long SECOND_NS = ConnectPace.LONGEST.toNanos();
  private static final long FIRST_NS = SECOND_NS / 10;

  /** Runs nothing, and keeps the longest delay asked for. */
  private static final class Delays extends ScheduledThreadPoolExecutor {
    long longestNs;

    Delays() {
      super(0);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
      longestNs = Math.max(longestNs, unit.toNanos(delay));
      return super.schedule((Callable<?>) () -> null, 1, TimeUnit.HOURS);
    }
  }

  private final Delays delays = new Delays();
  private final ConnectPace pace = new ConnectPace();
  private final PacedTries tries = new PacedTries(delays, pace);

  @AfterEach
  void stop() {
    delays.shutdownNow();
  }

  /** Returns the longest of many delays, each of which is drawn anew. */
  private long longestNs() {
    delays.longestNs = 0;
    for (int i = 0; i < 300; i++) {
      tries.later(() -> {});
    }
    return delays.longestNs;
  }

  @Test
  void ended_atOnceAgainAndAgain_waitsLonger_thoughEachTryWasASuccess() {
    long beforeNs = System.nanoTime();
    for (int i = 0; i < 10; i++) {
      tries.succeeded();
      tries.ended(System.nanoTime());
    }
    assertThat(pace.waitNs(beforeNs)).isPositive();
    tries.succeeded();
    assertThat(longestNs()).isBetween(2 * FIRST_NS, SECOND_NS);
  }

  @Test
  void ended_afterAWhile_isNoFailure_andForgetsTheOnesBefore() {
    tries.ended(System.nanoTime());
    tries.ended(System.nanoTime() - 2 * SECOND_NS);
    tries.succeeded();
    assertThat(longestNs()).isLessThanOrEqualTo(FIRST_NS);
    tries.ended(System.nanoTime() - 2 * SECOND_NS);
    assertThat(pace.waitNs(System.nanoTime())).isZero();
  }
}
