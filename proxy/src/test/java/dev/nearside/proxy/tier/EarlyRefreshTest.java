package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.prometheus.client.CollectorRegistry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * When a read of an entry has it read again: {@code now - delta * ln(random) >= expiry}, with a
 * random number that the test gives.
 */
class EarlyRefreshTest {
  private static final long EXPIRY_NS = 1L << 40; // one that is kept as it is
  private static final long DELTA_NS = 10_000_000;

  private final LocalTier local = new LocalTier(1 << 20, 1 << 20);
  private final FlightTimes times = new FlightTimes(2);
  private double random;
  private int keys;

  EarlyRefreshTest() {
    times.took(0, DELTA_NS);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.999, 0.9, 0.5, 1 / Math.E, 0.1, 0.001, 0.000_001})
  void isDue_exactlyFromTheMomentThatTheFormulaSays(double drawn) {
    random = drawn;
    long earlyNs = (long) (-Math.log(drawn) * DELTA_NS);
    assertThat(isDue(entry(0), earlyNs + 2)).isFalse();
    assertThat(isDue(entry(0), Math.max(0, earlyNs - 2))).isTrue();
  }

  @Test
  void isDue_theDearerTheFlightTheEarlier() {
    times.took(1, 3 * DELTA_NS);
    random = 0.5;
    long betweenNs = 2 * (long) (Math.log(2) * DELTA_NS);
    assertThat(isDue(entry(0), betweenNs)).isFalse();
    assertThat(isDue(entry(1), betweenNs)).isTrue();
  }

  @Test
  void isDue_onceForAllWhoReadTheEntryMeanwhile() {
    random = 0.1;
    Entry entry = entry(0);
    assertThat(isDue(entry, 0)).isTrue();
    assertThat(isDue(entry, 0)).isFalse();
    entry.renewed();
    assertThat(isDue(entry, 0)).isTrue();
  }

  @Test
  void isDue_switchedOff_never() {
    random = 0.000_001;
    assertThat(refresh(false).isDue(entry(0), EXPIRY_NS)).isFalse();
  }

  private boolean isDue(Entry entry, long leftNs) {
    return refresh(true).isDue(entry, EXPIRY_NS - leftNs);
  }

  private EarlyRefresh refresh(boolean enabled) {
    Flights flights = // not flown
        new Flights(local, null, null, null, null, times, null, null, null);
    Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
    return new EarlyRefresh(flights, enabled, metrics, () -> 1 - random);
  }

  /** Returns an entry that nobody has read, of a namespace. */
  private Entry entry(int namespace) {
    byte[] name = ("key" + keys++).getBytes(StandardCharsets.UTF_8);
    Entry token = local.token(new LookupKey().set(0, name), 0, namespace, new Flight(0));
    local.begin(token);
    local.publish(token, "$1\r\nv\r\n".getBytes(StandardCharsets.UTF_8), EXPIRY_NS);
    return token;
  }
}
