package dev.nearside.proxy.tier.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class FitGateTest {
  private final AtomicLong nowNs = new AtomicLong(-7);
  private final AtomicInteger asked = new AtomicInteger();
  private Fit found = Fit.GOOD;

  @Test
  void whatFits_isAskedOnce() throws SQLException {
    FitGate gate = gate();
    assertThat(gate.misfit(null, true)).isNull();
    found = Fit.misfit("gone");
    nowNs.addAndGet(Duration.ofDays(1).toNanos());
    assertThat(gate.misfit(null, true)).isNull();
    assertThat(asked).hasValue(1);
  }

  @Test
  void whatDoesNot_isAskedAgainAfterFiveSeconds() throws SQLException {
    FitGate gate = gate();
    found = Fit.misfit("no column");
    assertThat(gate.misfit(null, true)).isEqualTo("file:7: no column");
    found = Fit.GOOD;
    nowNs.addAndGet(Duration.ofSeconds(5).toNanos() - 1);
    assertThat(gate.misfit(null, true)).isEqualTo("file:7: no column");
    assertThat(asked).hasValue(1);
    nowNs.addAndGet(1);
    assertThat(gate.misfit(null, true)).isNull();
    assertThat(asked).hasValue(2);
  }

  @Test
  void noAnswer_isNone() throws SQLException {
    FitGate gate =
        new FitGate(
            "file:7",
            connection -> {
              asked.incrementAndGet();
              throw new SQLException("cut", "08006");
            },
            nowNs::get);
    assertThatThrownBy(() -> gate.misfit(null, true)).hasMessage("cut");
    assertThatThrownBy(() -> gate.misfit(null, true)).hasMessage("cut");
    assertThat(asked).hasValue(2);
  }

  private FitGate gate() {
    return new FitGate(
        "file:7",
        connection -> {
          asked.incrementAndGet();
          return found;
        },
        nowNs::get);
  }
}
