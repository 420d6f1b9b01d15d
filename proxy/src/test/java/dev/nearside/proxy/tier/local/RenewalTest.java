package dev.nearside.proxy.tier.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.tier.local.LocalTier.Renewal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What becomes of an entry whose value was read again. */
class RenewalTest {
  private static final long NOW_NS = System.nanoTime();
  private static final long SOON_NS = NOW_NS + Cohort.TICK_NS;
  private static final long LATER_NS = SOON_NS + Cohort.TICK_NS;

  private final LocalTier local = new LocalTier(1 << 20, Integer.MAX_VALUE);
  private final LookupKey key = new LookupKey().set(0, "k".getBytes(StandardCharsets.US_ASCII));

  @Test
  void renew_sameValue_livesOn() {
    Entry entry = held();
    assertThat(local.renew(entry, bulk("v"), NOW_NS, LATER_NS)).isEqualTo(Renewal.RENEWED);
    assertThat(local.find(key)).isSameAs(entry);
    assertThat(entry.expiresAtNs()).isEqualTo(LATER_NS);
  }

  @Test
  void renew_anotherValue_isRemoved() {
    Entry entry = held();
    assertThat(local.renew(entry, bulk("w"), NOW_NS, LATER_NS)).isEqualTo(Renewal.DIFFERS);
    assertThat(local.find(key)).isNull();
  }

  @Test
  void renew_noValueAnyMore_isRemoved() {
    Entry entry = held();
    assertThat(local.renew(entry, null, NOW_NS, LATER_NS)).isEqualTo(Renewal.DIFFERS);
    assertThat(local.find(key)).isNull();
  }

  @Test
  void renew_removedMeanwhile_staysAway() {
    Entry entry = held();
    local.remove(key);
    assertThat(local.renew(entry, bulk("v"), NOW_NS, LATER_NS)).isEqualTo(Renewal.GONE);
    assertThat(local.find(key)).isNull();
  }

  @Test
  void renew_replacedMeanwhile_leavesTheOther() {
    Entry entry = held();
    local.remove(key);
    Entry other = held();
    assertThat(local.renew(entry, bulk("v"), NOW_NS, LATER_NS)).isEqualTo(Renewal.GONE);
    assertThat(local.find(key)).isSameAs(other);
    assertThat(other.expiresAtNs()).isEqualTo(SOON_NS);
  }

  @Test
  void renew_afterDays_isRemovedAndReadAnew() {
    Entry entry = held();
    long daysLaterNs = NOW_NS + Duration.ofDays(7).toNanos();
    assertThat(local.renew(entry, bulk("v"), daysLaterNs, daysLaterNs)).isEqualTo(Renewal.GONE);
    assertThat(local.find(key)).isNull();
  }

  private Entry held() {
    Entry token = local.token(key, 0, 0, new Flight(NOW_NS));
    local.begin(token);
    local.publish(token, bulk("v"), SOON_NS);
    return token;
  }

  private static byte[] bulk(String value) {
    return Replies.bulk(value.getBytes(StandardCharsets.US_ASCII));
  }
}
