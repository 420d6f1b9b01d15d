package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TicksTest {
  private final Queue<Runnable> due = new ArrayDeque<>();
  private final Ticks ticks =
      new Ticks((task, delayNs) -> {
        due.add(task);
        return new CompletableFuture<>();
      });

  @Test
  void add_several_areAskedByOneTimerUntilTheyHaveEnded() {
    AtomicInteger twice = new AtomicInteger();
    AtomicInteger once = new AtomicInteger();
    ticks.add(nowNs -> twice.incrementAndGet() < 2);
    ticks.add(nowNs -> once.incrementAndGet() < 1);
    assertThat(due).hasSize(1);
    due.remove().run();
    due.remove().run();
    assertThat(due).as("nothing is under way").isEmpty();
    assertThat(twice).hasValue(2);
    assertThat(once).hasValue(1);
  }

  @Test
  void add_afterAllHaveEnded_ticksAgain() {
    AtomicInteger asked = new AtomicInteger();
    for (int i = 1; i <= 3; i++) {
      ticks.add(nowNs -> asked.incrementAndGet() < 0);
      due.remove().run();
      assertThat(asked).hasValue(i);
      assertThat(due).isEmpty();
    }
  }

  @Test
  void add_whileTicking_isNotForgotten() {
    AtomicInteger asked = new AtomicInteger();
    ticks.add(nowNs -> {
      ticks.add(nextNs -> asked.incrementAndGet() < 0);
      return false;
    });
    while (!due.isEmpty()) {
      due.remove().run();
    }
    assertThat(asked).hasValue(1);
  }

  @Test
  void tick_aFaultOfOne_endsThatOneOnly() {
    AtomicInteger asked = new AtomicInteger();
    ticks.add(nowNs -> {
      throw new IllegalStateException("made by the test");
    });
    ticks.add(nowNs -> asked.incrementAndGet() < 2);
    due.remove().run();
    due.remove().run();
    assertThat(asked).hasValue(2);
    assertThat(due).isEmpty();
  }
}
