package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReadRetriesTest {
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private final LongAdder retried = new LongAdder();
  private final ReadRetries retries = new ReadRetries(DEADLINE, retried);

  @Test
  void waitBefore_growsFromAttemptToAttempt_andThenNoMore() {
    assertThat(waits(1)).allSatisfy(wait -> assertThat(wait).isBetween(5L, 15L));
    assertThat(waits(2)).allSatisfy(wait -> assertThat(wait).isBetween(10L, 30L));
    assertThat(waits(3)).allSatisfy(wait -> assertThat(wait).isBetween(20L, 60L));
    assertThat(waits(20)).allSatisfy(wait -> assertThat(wait).isBetween(125L, 375L));
  }

  @Test
  void waitBefore_isNotTheSameForEverybody() {
    assertThat(waits(3).stream().distinct()).hasSizeGreaterThan(5);
  }

  @Test
  void waitBefore_countsEach() {
    waits(1);
    assertThat(retried.sum()).isEqualTo(100);
  }

  @Test
  void waitBefore_beyondTheDeadline_isNone() {
    long nearNs = DEADLINE.minusMillis(3).toNanos();
    assertThat(retries.waitBefore(1, DEADLINE.toNanos())).isNull();
    assertThat(retries.waitBefore(1, nearNs)).isNull(); // over before it would be sent
    assertThat(retried.sum()).isZero();
    assertThat(retries.waitBefore(1, DEADLINE.minusMillis(16).toNanos())).isNotNull();
  }

  @Test
  void waitBefore_withoutADeadline_isNone() {
    ReadRetries off = new ReadRetries(Duration.ZERO, retried);
    assertThat(off.waitBefore(1, 0)).isNull();
    assertThat(retried.sum()).isZero();
  }

  /** Draws the wait before an attempt a hundred times, in ms. */
  private List<Long> waits(int attempt) {
    return IntStream.range(0, 100)
        .mapToObj(i -> retries.waitBefore(attempt, 0).toMillis())
        .toList();
  }
}
