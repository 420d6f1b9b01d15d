package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.telemetry.Breach;
import dev.nearside.proxy.telemetry.GenerationEnd;
import dev.nearside.proxy.telemetry.Metric;
import dev.nearside.proxy.telemetry.Metrics;
import io.prometheus.client.CollectorRegistry;
import java.util.List;
import org.junit.jupiter.api.Test;

class BreachesTest {
  private final Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
  private final Breaches breaches = new Breaches(metrics, () -> "here");

  private long counted(Breach breach) {
    return metrics.counter(Metric.BREACHES, breach.label()).sum();
  }

  private long ended(GenerationEnd end) {
    return metrics.counter(Metric.GENERATIONS_ENDED, end.label()).sum();
  }

  @Test
  void anotherNode_isOne_theSameOneAgainIsNot() {
    breaches.reached(null);
    breaches.reached("a");
    breaches.reached("a");
    breaches.reached(null);
    breaches.reached("a");
    assertThat(counted(Breach.NODE)).isZero();
    breaches.reached("b");
    assertThat(counted(Breach.NODE)).isEqualTo(1);
  }

  @Test
  void end_isCounted_andIsOneWhereTheContractSaysSo() {
    for (GenerationEnd end : GenerationEnd.values()) {
      Breach breach = Breach.of(end);
      long before = breach == null ? 0 : counted(breach);
      breaches.ended(end);
      assertThat(ended(end)).isEqualTo(1);
      if (breach != null) {
        assertThat(counted(breach)).isEqualTo(before + 1);
      }
    }
    assertThat(counted(Breach.NODE)).isZero();
  }
}
