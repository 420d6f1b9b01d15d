package dev.nearside.proxy.tier.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Waiting;
import java.lang.reflect.Proxy;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RunningStatementTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final AtomicInteger cancels = new AtomicInteger();
  private final RunningStatement running = new RunningStatement(statement(), 10 * SECOND);

  private Statement statement() {
    return (Statement)
        Proxy.newProxyInstance(
            RunningStatementTest.class.getClassLoader(),
            new Class<?>[] {Statement.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("cancel");
              cancels.incrementAndGet();
              return null;
            });
  }

  @Test
  void tick_aSecondAfterItsTime_cancels_andAgainASecondLater() {
    assertThat(running.tick(11 * SECOND - 1)).isTrue();
    assertThat(running.tick(11 * SECOND)).isTrue();
    assertThat(running.tick(11 * SECOND + 1)).isTrue();
    Waiting.until("it is cancelled", () -> cancels.get() == 1);
    assertThat(running.tick(12 * SECOND)).isTrue();
    Waiting.until("it is cancelled again", () -> cancels.get() == 2);
  }

  @Test
  void tick_onceItHasEnded_cancelsNothing() {
    running.close();
    assertThat(running.tick(20 * SECOND)).isFalse();
    assertThat(cancels).hasValue(0);
  }
}
