package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class RetriesTest {
  private final Queue<Runnable> timers = new ArrayDeque<>();
  private final Retries retries =
      new Retries(
          (attempt, elapsedNs) -> Duration.ofMillis(attempt),
          () -> true,
          (then, wait) -> timers.add(then));
  private final List<String> sent = new ArrayList<>();

  @Test
  void again_oneCannotBeSent_whatStandsBehindItWaitsWithIt() {
    Read first = new Read("first", 1);
    Read second = new Read("second", 0);
    Read third = new Read("third", 1);
    for (Read read : List.of(first, second, third)) {
      retries.later(read, 1, System.nanoTime());
    }
    timers.remove().run();
    assertThat(sent).isEmpty();
    timers.remove().run();
    assertThat(sent).containsExactly("first", "second");
    assertThat(retries.arePending()).isTrue();
    timers.remove().run();
    assertThat(sent).containsExactly("first", "second", "third");
    assertThat(retries.arePending()).isFalse();
    assertThat(timers).isEmpty();
  }

  /** A read that is refused some times before it can be sent. */
  private final class Read implements Retries.Read {
    private final String name;
    private int refusals;

    Read(String name, int refusals) {
      this.name = name;
      this.refusals = refusals;
    }

    @Override
    public void again() {
      if (refusals-- > 0) {
        retries.later(this, 2, System.nanoTime());
      } else {
        sent.add(name);
      }
    }
  }
}
