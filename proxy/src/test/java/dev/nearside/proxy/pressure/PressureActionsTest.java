package dev.nearside.proxy.pressure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.agent.Cause;
import dev.nearside.agent.Level;
import dev.nearside.agent.LevelChange;
import dev.nearside.agent.PressureSnapshot;
import dev.nearside.agent.PressureSource;
import dev.nearside.agent.Resource;
import dev.nearside.agent.ResourcePressure;
import dev.nearside.agent.Scope;
import dev.nearside.agent.ScopePressure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PressureActionsTest {
  private static final int ENTRY_MAX = 1 << 20;

  private final TestingSource source = new TestingSource();
  private final List<Long> l1Targets = new ArrayList<>();
  private final List<Integer> admissions = new ArrayList<>();
  private long nowNs = TimeUnit.DAYS.toNanos(1);
  private final PressureActions actions = actions(ENTRY_MAX);

  @ParameterizedTest
  @CsvSource({"ELEVATED, 850", "HIGH, 500", "CRITICAL, 100"})
  void memory_ofThisProcess_setsTheTarget(Level level, long target) {
    source.sampled(Scope.SELF, Resource.MEMORY, level);
    actions.check();
    assertThat(l1Targets).containsExactly(target);
    assertThat(actions.memoryLevel()).isEqualTo(level);
  }

  @ParameterizedTest
  @CsvSource({"ELEVATED, false", "HIGH, true", "CRITICAL, true"})
  void admission_isCappedFromHighOn(Level level, boolean capped) {
    source.sampled(Scope.SELF, Resource.MEMORY, level);
    actions.check();
    assertThat(admissions).isEqualTo(capped ? List.of(65_536) : List.of());
  }

  @Test
  void admission_isNeverRaisedAboveWhatIsConfigured() {
    PressureActions small = actions(1000);
    source.sampled(Scope.SELF, Resource.MEMORY, Level.HIGH);
    small.check();
    assertThat(admissions).isEmpty();
  }

  @Test
  void normal_givesBackEverything_andNothingIsSaidTwice() {
    source.sampled(Scope.SELF, Resource.MEMORY, Level.HIGH);
    actions.check();
    actions.check();
    source.sampled(Scope.SELF, Resource.MEMORY, Level.NORMAL);
    actions.check();
    actions.check();
    assertThat(l1Targets).containsExactly(500L, 1000L);
    assertThat(admissions).containsExactly(65_536, ENTRY_MAX);
  }

  @Test
  void memory_ofTheMachine_shrinksToo() {
    source.sampled(Scope.NODE, Resource.MEMORY, Level.HIGH);
    actions.check();
    assertThat(l1Targets).containsExactly(500L);
  }

  @Test
  void cpu_neverShrinksL1() {
    source.sampled(Scope.SELF, Resource.CPU, Level.CRITICAL);
    actions.check();
    actions.changed(change(Resource.CPU), source.snapshot());
    assertThat(l1Targets).isEmpty();
    assertThat(admissions).isEmpty();
    assertThat(actions.memoryLevel()).isEqualTo(Level.NORMAL);
  }

  @Test
  void change_actsWithoutWaitingForTheTimer() {
    source.sampled(Scope.SELF, Resource.MEMORY, Level.ELEVATED);
    actions.changed(change(Resource.MEMORY), source.snapshot());
    assertThat(l1Targets).containsExactly(850L);
  }

  @Test
  void silence_holdsFiveSeconds_thenLetsGoStepByStep() {
    source.sampled(Scope.SELF, Resource.MEMORY, Level.CRITICAL);
    assertThat(levelAfter(0)).isEqualTo(Level.CRITICAL);
    assertThat(levelAfter(5000)).isEqualTo(Level.CRITICAL);
    assertThat(actions.stale()).isFalse();
    assertThat(levelAfter(1)).isEqualTo(Level.HIGH);
    assertThat(actions.stale()).isTrue();
    assertThat(levelAfter(1999)).isEqualTo(Level.HIGH);
    assertThat(levelAfter(1)).isEqualTo(Level.ELEVATED);
    assertThat(levelAfter(2000)).isEqualTo(Level.NORMAL);
    assertThat(l1Targets).containsExactly(100L, 500L, 850L, 1000L);
    assertThat(actions.staleSpells()).isEqualTo(1);
  }

  @Test
  void readings_thatComeBack_countAgain() {
    source.sampled(Scope.SELF, Resource.MEMORY, Level.HIGH);
    levelAfter(60_000);
    source.sampled(Scope.SELF, Resource.MEMORY, Level.HIGH);
    assertThat(levelAfter(0)).isEqualTo(Level.HIGH);
    assertThat(actions.stale()).isFalse();
    levelAfter(60_000);
    assertThat(actions.staleSpells()).isEqualTo(2);
  }

  private PressureActions actions(int maxEntryBytes) {
    PressureTargets targets = new PressureTargets(l1Targets::add, admissions::add);
    return new PressureActions(source, 1000, maxEntryBytes, targets, () -> nowNs);
  }

  private Level levelAfter(long ms) {
    nowNs += TimeUnit.MILLISECONDS.toNanos(ms);
    actions.check();
    return actions.memoryLevel();
  }

  private LevelChange change(Resource resource) {
    Cause cause = new Cause("test", 1, 0, 1);
    return new LevelChange(Scope.SELF, resource, Level.NORMAL, Level.HIGH, cause, nowNs);
  }

  /** An agent that says what the test wants. */
  private final class TestingSource implements PressureSource {
    private PressureSnapshot snapshot = PressureSnapshot.EMPTY;
    private long sampledAtNs;

    void sampled(Scope scope, Resource resource, Level level) {
      var pressure =
          new ResourcePressure(resource, level, level.entryScore(), nowNs, false, null, List.of());
      snapshot =
          new PressureSnapshot(
              List.of(new ScopePressure(scope, level, level.entryScore(), List.of(pressure))));
      sampledAtNs = nowNs;
    }

    @Override
    public PressureSnapshot snapshot() {
      return snapshot;
    }

    @Override
    public long sampledAtNs() {
      return sampledAtNs;
    }
  }
}
