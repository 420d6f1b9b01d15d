package dev.nearside.agent.pressure;

import static dev.nearside.agent.Level.CRITICAL;
import static dev.nearside.agent.Level.ELEVATED;
import static dev.nearside.agent.Level.HIGH;
import static dev.nearside.agent.Level.NORMAL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.agent.Cause;
import dev.nearside.agent.Level;
import dev.nearside.agent.LevelChange;
import dev.nearside.agent.PressureSnapshot;
import dev.nearside.agent.Resource;
import dev.nearside.agent.ResourcePressure;
import dev.nearside.agent.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scores are given as they are: the rule's bounds are 0 and 1. Time is only what the test says. */
class PressureEngineTest {
  private static final SignalRule PLAIN =
      SignalRule.gauge("plain", Scope.SELF, Resource.MEMORY, 0, 1);

  private final List<LevelChange> changes = new ArrayList<>();
  private long nowMs;
  private PressureEngine engine = new PressureEngine(List.of(PLAIN), 0);

  @ParameterizedTest
  @CsvSource({
    "0.0, NORMAL", "0.249, NORMAL", "0.25, ELEVATED", "0.599, ELEVATED",
    "0.6, HIGH", "0.899, HIGH", "0.9, CRITICAL", "1.0, CRITICAL"
  })
  void level_isEnteredAtItsScore_onceConfirmed(double score, Level expected) {
    at(0, score);
    at(100, score);
    assertThat(level()).isEqualTo(expected);
  }

  @Test
  void firstSample_overTheBound_changesNothingYet() {
    at(0, 1.0);
    assertThat(level()).isEqualTo(NORMAL);
    at(99, 1.0);
    assertThat(level()).isEqualTo(NORMAL);
    at(100, 1.0);
    assertThat(level()).isEqualTo(CRITICAL);
    assertThat(changes).hasSize(1);
  }

  @Test
  void confirmation_isAskedForInTime() {
    at(0, 0.1);
    assertThat(engine.nextNs(ns(0), ns(500))).isEqualTo(ns(500));
    at(500, 0.7);
    assertThat(engine.nextNs(ns(500), ns(500))).isEqualTo(ns(100));
    at(600, 0.7);
    assertThat(engine.nextNs(ns(600), ns(250))).isEqualTo(ns(250));
  }

  @Test
  void spike_thatIsGoneWhenConfirmed_changesNothing() {
    at(0, 1.0);
    at(100, 0.1);
    at(600, 1.0);
    assertThat(level()).isEqualTo(NORMAL);
    assertThat(changes).isEmpty();
  }

  @Test
  void confirmation_grantsOnlyWhatBothSamplesSaw() {
    at(0, 0.95);
    at(100, 0.3);
    assertThat(level()).isEqualTo(ELEVATED);
    at(200, 0.3);
    at(300, 0.95);
    assertThat(level()).as("a new first sight").isEqualTo(ELEVATED);
    at(400, 0.95);
    assertThat(level()).isEqualTo(CRITICAL);
  }

  @Test
  void rise_duringConfirmation_isConfirmedByItself() {
    at(0, 0.3);
    at(100, 0.95);
    assertThat(level()).isEqualTo(ELEVATED);
    at(200, 0.95);
    assertThat(level()).isEqualTo(CRITICAL);
  }

  @Test
  void believedValue_changesAtOnce() {
    engine = new PressureEngine(List.of(PLAIN.believedFrom(0.97)), 0);
    at(0, 0.96);
    assertThat(level()).isEqualTo(NORMAL);
    at(10, 0.97);
    assertThat(level()).isEqualTo(CRITICAL);
  }

  @ParameterizedTest
  @CsvSource({
    "0.25, 0.13, 5000, ELEVATED, NORMAL",
    "0.6, 0.48, 10000, HIGH, ELEVATED",
    "0.9, 0.78, 15000, CRITICAL, HIGH"
  })
  void level_isLeftOnlyBelowItsExit(double entry, double exit, int dwellMs, Level in, Level after) {
    reach(entry);
    hold(exit, 3 * dwellMs);
    assertThat(level()).as("0.12 below the entry is not below the exit").isEqualTo(in);
    hold(Math.nextDown(exit) - 0.001, dwellMs - 100);
    assertThat(level()).as("the dwell is not over").isEqualTo(in);
    hold(Math.nextDown(exit) - 0.001, 600);
    assertThat(level()).isEqualTo(after);
  }

  @Test
  void fall_goesOneLevelAtATime_afterEachDwell() {
    reach(1.0);
    long startMs = nowMs;
    hold(0.0, 40_000);
    assertThat(changes)
        .extracting(LevelChange::to)
        .containsExactly(CRITICAL, HIGH, ELEVATED, NORMAL);
    assertThat(changes.subList(1, 4))
        .extracting(change -> TimeUnit.NANOSECONDS.toMillis(change.atNs()) - startMs)
        .containsExactly(15_100L, 25_100L, 30_100L);
  }

  @Test
  void fall_interrupted_startsItsDwellAnew() {
    reach(0.3);
    hold(0.0, 4900);
    hold(0.2, 100);
    hold(0.0, 4900);
    assertThat(level()).isEqualTo(ELEVATED);
    hold(0.0, 200);
    assertThat(level()).isEqualTo(NORMAL);
  }

  @Test
  void score_aroundTheEntry_doesNotFlutter() {
    reach(0.61);
    for (int i = 0; i < 200; i++) {
      at(nowMs + 250, i % 2 == 0 ? 0.55 : 0.62);
    }
    assertThat(changes).hasSize(1);
    assertThat(level()).isEqualTo(HIGH);
  }

  @Test
  void resource_isItsWorstSignal_andSaysWhich() {
    SignalRule other = SignalRule.gauge("other", Scope.SELF, Resource.MEMORY, 10, 20);
    engine = new PressureEngine(List.of(PLAIN, other), 0);
    both(0, 0.3, 17);
    both(100, 0.3, 17);
    assertThat(level()).isEqualTo(HIGH);
    assertThat(changes.getLast())
        .isEqualTo(
            new LevelChange(
                Scope.SELF,
                Resource.MEMORY,
                NORMAL,
                HIGH,
                new Cause("other", 17, 10, 20),
                ns(100)));
    assertThat(resource().cause()).isEqualTo(new Cause("other", 17, 10, 20));
    assertThat(resource().score()).isEqualTo(0.7);
  }

  @Test
  void fall_hasACauseToo() {
    reach(0.3);
    hold(0.05, 6000);
    assertThat(changes.getLast().cause()).isEqualTo(new Cause("plain", 0.05, 0, 1));
  }

  @Test
  void scope_isItsWorstResource() {
    SignalRule cpu = SignalRule.gauge("cpu", Scope.SELF, Resource.CPU, 0, 1);
    SignalRule node = SignalRule.gauge("node", Scope.NODE, Resource.CPU, 0, 1);
    engine = new PressureEngine(List.of(PLAIN, cpu, node), 0);
    for (int ms : new int[] {0, 100}) {
      engine.observe(0, 0.1, ns(ms));
      engine.observe(1, 0.7, ns(ms));
      engine.observe(2, 0.3, ns(ms));
      engine.evaluate(ns(ms));
    }
    PressureSnapshot snapshot = engine.snapshot();
    assertThat(snapshot.level(Scope.SELF)).isEqualTo(HIGH);
    assertThat(snapshot.level(Scope.SELF, Resource.MEMORY)).isEqualTo(NORMAL);
    assertThat(snapshot.level(Scope.NODE)).isEqualTo(ELEVATED);
    assertThat(snapshot.level(Scope.GPU)).isEqualTo(NORMAL);
    assertThat(snapshot.worst()).isEqualTo(HIGH);
  }

  @Test
  void signal_causesAtMostItsLevel() {
    engine = new PressureEngine(List.of(PLAIN.atMost(HIGH)), 0);
    reach(1.0);
    assertThat(level()).isEqualTo(HIGH);
  }

  @Test
  void event_isCriticalAtOnce_forAsLongAsItHolds() {
    SignalRule kills =
        SignalRule.event("oom_kill", Scope.SELF, Resource.MEMORY, CRITICAL, Duration.ofSeconds(30))
            .believedFrom(1);
    engine = new PressureEngine(List.of(kills), 0);
    hold(5, 1000);
    assertThat(changes).as("kills before the start are no event").isEmpty();
    at(2000, 6);
    assertThat(level()).isEqualTo(CRITICAL);
    assertThat(changes.getLast().cause()).isEqualTo(new Cause("oom_kill", 1, 0, 1));
    hold(6, 29_900);
    assertThat(resource().score()).isEqualTo(1.0);
    hold(6, 200);
    assertThat(resource().score()).isZero();
    assertThat(level()).isEqualTo(CRITICAL);
    hold(6, 15_000);
    assertThat(level()).isEqualTo(HIGH);
  }

  @Test
  void event_counterRunningBackwards_isNoEvent() {
    SignalRule max =
        SignalRule.event("memory_max", Scope.SELF, Resource.MEMORY, HIGH, Duration.ofSeconds(10));
    engine = new PressureEngine(List.of(max), 0);
    hold(9, 500);
    hold(0, 500);
    assertThat(changes).isEmpty();
    hold(1, 500);
    assertThat(level()).isEqualTo(HIGH);
  }

  @Test
  void signal_neverRead_isLeftOut() {
    SignalRule other = SignalRule.gauge("other", Scope.NODE, Resource.IO, 0, 1);
    engine = new PressureEngine(List.of(PLAIN, other), 0);
    both(0, 0.1, Double.NaN);
    assertThat(engine.snapshot().find(Scope.NODE, Resource.IO)).isNull();
    assertThat(engine.snapshot().scopes()).hasSize(1);
  }

  @Test
  void signal_thatDisappears_letsTheLevelFall() {
    reach(0.3);
    hold(Double.NaN, 6000);
    assertThat(level()).isEqualTo(NORMAL);
    assertThat(resource().score()).isNaN();
    assertThat(changes.getLast().cause().signal()).isEqualTo("plain");
    assertThat(changes.getLast().cause().value()).isNaN();
  }

  @Test
  void flapping_doublesTheDwell_untilItIsCalm() {
    for (int i = 0; i < 4; i++) {
      reach(0.3);
      hold(0.0, 5500);
    }
    assertThat(changes).as("the seventh change within a minute was the fourth rise").hasSize(7);
    assertThat(level()).as("5 s are not enough any more").isEqualTo(ELEVATED);
    hold(0.0, 5000);
    assertThat(level()).isEqualTo(NORMAL);
    hold(0.0, 121_000);
    reach(0.3);
    hold(0.0, 5200);
    assertThat(level()).as("two calm minutes forgive").isEqualTo(NORMAL);
  }

  @Test
  void high_forTenMinutesWithNothingFalling_isStuck() {
    reach(0.7);
    hold(0.68, 599_000);
    assertThat(resource().stuck()).isFalse();
    hold(0.7, 2000);
    assertThat(resource().stuck()).isTrue();
    hold(0.55, 500);
    assertThat(resource().stuck()).as("it falls").isFalse();
  }

  @Test
  void snapshot_staysTheSameObject_whileNothingVisibleChanges() {
    at(0, 0.101);
    PressureSnapshot before = engine.snapshot();
    at(500, 0.102);
    assertThat(engine.snapshot()).isSameAs(before);
    at(1000, 0.12);
    assertThat(engine.snapshot()).isNotSameAs(before);
    assertThat(resource().signals().getFirst().value()).isEqualTo(0.12);
  }

  @Test
  void rule_withBoundsOutOfOrder_isRefused() {
    assertThatThrownBy(() -> SignalRule.gauge("x", Scope.SELF, Resource.CPU, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("x: bounds 1.0..1.0");
  }

  @Test
  void hostRules_judgeEachReadingOnce() {
    assertThat(HostRules.all()).extracting(HostRules.HostRule::reading).doesNotHaveDuplicates();
    assertThat(HostRules.all()).extracting(rule -> rule.rule().name()).doesNotHaveDuplicates();
  }

  private void reach(double value) {
    at(nowMs + 100, value);
    at(nowMs + 100, value);
  }

  /** Samples every 100 ms for so long. */
  private void hold(double value, int forMs) {
    for (long end = nowMs + forMs; nowMs < end; ) {
      at(nowMs + 100, value);
    }
  }

  private void at(long ms, double value) {
    nowMs = ms;
    engine.observe(0, value, ns(ms));
    changes.addAll(engine.evaluate(ns(ms)));
  }

  private void both(long ms, double first, double second) {
    engine.observe(1, second, ns(ms));
    at(ms, first);
  }

  private Level level() {
    return engine.snapshot().level(Scope.SELF, Resource.MEMORY);
  }

  private ResourcePressure resource() {
    return engine.snapshot().find(Scope.SELF, Resource.MEMORY);
  }

  private static long ns(long ms) {
    return TimeUnit.MILLISECONDS.toNanos(ms);
  }
}
