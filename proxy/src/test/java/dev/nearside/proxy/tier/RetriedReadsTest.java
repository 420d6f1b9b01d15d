package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Hit;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Answer.Unavailable;
import io.prometheus.client.CollectorRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RetriedReadsTest {
  private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(60);

  private final Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
  private final Deque<Answer> answers = new ArrayDeque<>();
  private final List<Long> timeouts = new ArrayList<>();
  private final List<Long> pauses = new ArrayList<>();
  private final Guard guard =
      new Guard(
          "database", new Guard.Limits(50, 4, 4, Duration.ofMinutes(5), 1, 10), Clock.systemUTC());
  private final RetriedReads reads =
      new RetriedReads(
          (namespace, name, timeoutNs) -> {
            timeouts.add(timeoutNs);
            return CompletableFuture.completedFuture(answers.remove());
          },
          guard,
          (task, delayNs) -> {
            pauses.add(delayNs);
            task.run();
            return CompletableFuture.completedFuture(null);
          },
          metrics);

  private Answer read(long timeoutNs, Answer... script) {
    answers.addAll(List.of(script));
    return reads.read(FillNode.namespace(Duration.ZERO), new byte[0], timeoutNs).join();
  }

  private static Answer no(Reason reason) {
    return new Unavailable(reason);
  }

  private long retries() {
    return metrics.counter(Metric.RETRIES, "database").sum();
  }

  @Test
  void connectionBroken_isReadAgainWithinTheTimeLeft() {
    Answer row = new Hit(new byte[1]);
    assertThat(read(TIMEOUT_NS, no(Reason.DISCONNECTED), no(Reason.DISCONNECTED), row))
        .isSameAs(row);
    assertThat(pauses).hasSize(2);
    assertThat(pauses.get(0)).isBetween(5_000_000L, 15_000_000L);
    assertThat(pauses.get(1)).isBetween(10_000_000L, 30_000_000L);
    assertThat(timeouts.getFirst()).isEqualTo(TIMEOUT_NS);
    assertThat(timeouts.get(1)).isLessThan(TIMEOUT_NS);
    assertThat(retries()).isEqualTo(2);
  }

  @Test
  void tooSlow_orAnError_isNotReadAgain() {
    assertThat(read(TIMEOUT_NS, no(Reason.TIMEOUT))).isEqualTo(no(Reason.TIMEOUT));
    assertThat(read(TIMEOUT_NS, no(Reason.ERROR))).isEqualTo(no(Reason.ERROR));
    assertThat(timeouts).hasSize(2);
    assertThat(pauses).isEmpty();
  }

  @Test
  void noTimeLeft_isNotReadAgain() {
    assertThat(read(1_000_000, no(Reason.DISCONNECTED))).isEqualTo(no(Reason.DISCONNECTED));
    assertThat(timeouts).hasSize(1);
    assertThat(pauses).isEmpty();
  }

  @Test
  void breakerOpens_nothingMoreIsSent() {
    Answer broken = no(Reason.DISCONNECTED);
    assertThat(read(TIMEOUT_NS, broken, broken, broken, broken)).isEqualTo(no(Reason.BREAKER_OPEN));
    assertThat(timeouts).hasSize(4);
    assertThat(retries()).isEqualTo(3);
    assertThat(read(TIMEOUT_NS)).isEqualTo(no(Reason.BREAKER_OPEN));
    assertThat(timeouts).hasSize(4);
  }
}
