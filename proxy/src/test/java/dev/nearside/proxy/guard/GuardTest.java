package dev.nearside.proxy.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.tier.Answer;
import dev.nearside.proxy.tier.Answer.Reason;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class GuardTest {
  private static final Answer MISFIT = new Answer.Unavailable(Reason.MISFIT);
  private static final Answer REFUSED = new Answer.Unavailable(Reason.REFUSED, "no such date");
  private static final Answer HIT = new Answer.Hit(new byte[0]);
  private static final Answer TIMEOUT = new Answer.Unavailable(Reason.TIMEOUT);

  private final TestingClock clock = new TestingClock();
  private final Guard guard = new Guard("test", Guard.Limits.defaults(4), clock);
  private int asked;

  @Test
  void call_hitAndMiss_passThroughAndNeverOpen() {
    for (int i = 0; i < 100; i++) {
      assertThat(call(i % 2 == 0 ? HIT : Answer.Miss.INSTANCE)).isNotNull();
    }
    assertThat(asked).isEqualTo(100);
    assertThat(guard.state()).isEqualTo(Guard.State.CLOSED);
    assertThat(guard.failures()).isZero();
    assertThat(guard.reads()).isEqualTo(20);
  }

  @Test
  void call_misfitOrRefusal_isNoFailure() {
    for (int i = 0; i < 100; i++) {
      assertThat(call(MISFIT)).isEqualTo(MISFIT);
      assertThat(call(REFUSED)).isEqualTo(REFUSED);
    }
    assertThat(guard.state()).isEqualTo(Guard.State.CLOSED);
    assertThat(guard.failures()).isZero();
  }

  @Test
  void call_nineFailures_areTooFewToOpen() {
    failTimes(9);
    assertThat(guard.state()).isEqualTo(Guard.State.CLOSED);
    assertThat(call(TIMEOUT)).isEqualTo(TIMEOUT);
    assertThat(guard.state()).isEqualTo(Guard.State.OPEN);
  }

  @Test
  void call_belowHalfOfTheLastTwenty_staysClosed() {
    for (int i = 0; i < 11; i++) {
      call(HIT);
    }
    failTimes(9);
    assertThat(guard.state()).isEqualTo(Guard.State.CLOSED);
    call(TIMEOUT); // the window now holds 10 hits and 10 failures
    assertThat(guard.state()).isEqualTo(Guard.State.OPEN);
  }

  @Test
  void open_refusesWithoutAsking() {
    failTimes(10);
    asked = 0;
    assertThat(call(HIT)).isEqualTo(new Answer.Unavailable(Reason.BREAKER_OPEN));
    assertThat(asked).isZero();
    assertThat(guard.refusedByBreaker()).isEqualTo(1);
  }

  @Test
  void open_afterItsTime_threeGoodProbesClose() {
    failTimes(10);
    clock.advance(Duration.ofMillis(999));
    assertThat(call(HIT)).isEqualTo(new Answer.Unavailable(Reason.BREAKER_OPEN));
    clock.advance(Duration.ofMillis(2));
    assertThat(call(HIT)).isEqualTo(HIT);
    assertThat(guard.state()).isEqualTo(Guard.State.HALF_OPEN);
    call(HIT);
    call(HIT);
    assertThat(guard.state()).isEqualTo(Guard.State.CLOSED);
  }

  @Test
  void halfOpen_failedProbes_openAgain() {
    failTimes(10);
    clock.advance(Duration.ofSeconds(2));
    failTimes(3);
    assertThat(guard.state()).isEqualTo(Guard.State.OPEN);
    assertThat(call(HIT)).isEqualTo(new Answer.Unavailable(Reason.BREAKER_OPEN));
  }

  @Test
  void halfOpen_probesInFlight_refuseTheFourth() {
    failTimes(10);
    clock.advance(Duration.ofSeconds(2));
    List<CompletableFuture<Answer>> probes = startReads(3);
    assertThat(call(HIT)).isEqualTo(new Answer.Unavailable(Reason.BREAKER_OPEN));
    probes.forEach(probe -> probe.complete(HIT));
    assertThat(guard.state()).isEqualTo(Guard.State.CLOSED);
  }

  @Test
  void full_saturatedWithoutAskingOrCounting() {
    List<CompletableFuture<Answer>> reads = startReads(4);
    assertThat(guard.inFlight()).isEqualTo(4);
    asked = 0;
    for (int i = 0; i < 30; i++) {
      assertThat(call(HIT)).isEqualTo(new Answer.Unavailable(Reason.SATURATED));
    }
    assertThat(asked).isZero();
    assertThat(guard.state()).isEqualTo(Guard.State.CLOSED);
    assertThat(guard.reads()).isZero();

    reads.forEach(read -> read.complete(HIT));
    assertThat(guard.inFlight()).isZero();
    assertThat(call(HIT)).isEqualTo(HIT);
  }

  @Test
  void full_halfOpen_givesTheProbeBack() {
    List<CompletableFuture<Answer>> old = startReads(3);
    failTimes(10);
    clock.advance(Duration.ofSeconds(2));
    CompletableFuture<Answer> probe = startReads(1).getFirst();
    for (int i = 0; i < 10; i++) {
      assertThat(call(HIT)).isEqualTo(new Answer.Unavailable(Reason.SATURATED));
    }
    old.getFirst().complete(HIT);
    probe.complete(HIT);
    call(HIT);
    call(HIT);
    assertThat(guard.state()).isEqualTo(Guard.State.CLOSED);
  }

  @Test
  void call_readThrows_isPassedOnAndFreesItsPlace() {
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() ->
              guard.call(() -> {
                throw new IllegalStateException("bug");
              }))
          .hasMessage("bug");
      CompletableFuture<Answer> failed =
          guard.call(() -> CompletableFuture.failedFuture(new IllegalStateException("later")));
      assertThat(failed).isCompletedExceptionally();
    }
    assertThat(guard.inFlight()).isZero();
    assertThat(guard.state()).isEqualTo(Guard.State.OPEN);
  }

  @Test
  void acquire_failures_openAndProbesClose() {
    for (int i = 0; i < 10; i++) {
      assertThat(guard.acquire()).isNull();
      guard.failed(guard.now());
    }
    assertThat(guard.acquire()).isEqualTo(Reason.BREAKER_OPEN);
    clock.advance(Duration.ofSeconds(2));
    for (int i = 0; i < 3; i++) {
      assertThat(guard.acquire()).isNull();
      guard.succeeded(guard.now());
    }
    assertThat(guard.state()).isEqualTo(Guard.State.CLOSED);
    assertThat(guard.inFlight()).isZero();
  }

  @Test
  void acquire_full_saturated_untilReleased() {
    for (int i = 0; i < 4; i++) {
      assertThat(guard.acquire()).isNull();
    }
    assertThat(guard.acquire()).isEqualTo(Reason.SATURATED);
    guard.release();
    assertThat(guard.reads()).isZero();
    assertThat(guard.acquire()).isNull();
  }

  private void failTimes(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(call(TIMEOUT)).isEqualTo(TIMEOUT);
    }
  }

  private Answer call(Answer answer) {
    return guard
        .call(() -> {
          asked++;
          return CompletableFuture.completedFuture(answer);
        })
        .join();
  }

  private List<CompletableFuture<Answer>> startReads(int count) {
    List<CompletableFuture<Answer>> reads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      CompletableFuture<Answer> read = new CompletableFuture<>();
      assertThat(guard.call(() -> read)).isNotDone();
      reads.add(read);
    }
    return reads;
  }

  private static final class TestingClock extends Clock {
    private Instant now = Instant.EPOCH;

    void advance(Duration step) {
      now = now.plus(step);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
