package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.NearsideConfig.UnheldReads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PassingReadsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final long NEAR_NS = 199_000;
  private static final long FAR_NS = 200_000;

  private final OwnPermission permission = new OwnPermission(SECOND);

  private PassingReads reads(UnheldReads way, boolean tracking) {
    permission.known(Told.of(List.of("commands", "+@all", "keys", "~*"), null, 0));
    return new PassingReads(
        new TrackedSettings(SECOND, SECOND, SECOND, SECOND, 1, false, tracking, way, null),
        permission,
        0);
  }

  @Test
  void pay_whereRedisIsFar_orTheConfigurationSaysSo() {
    assertThat(reads(UnheldReads.AUTO, true).pay(0, NEAR_NS)).isFalse();
    assertThat(reads(UnheldReads.AUTO, true).pay(0, FAR_NS)).isTrue();
    assertThat(reads(UnheldReads.ORDERED, true).pay(0, NEAR_NS)).isTrue();
    assertThat(reads(UnheldReads.RELAYED, true).pay(0, FAR_NS)).isFalse();
    assertThat(reads(UnheldReads.ORDERED, false).pay(0, FAR_NS)).isFalse();
  }

  @Test
  void pay_withoutAllPermissions_isFalse() {
    PassingReads reads = reads(UnheldReads.ORDERED, true);
    permission.forgotten();
    assertThat(reads.pay(0, FAR_NS)).isFalse();
  }

  @Test
  void suspended_forAMinute() {
    PassingReads reads = reads(UnheldReads.AUTO, true);
    long nowNs = 1_000;
    reads.suspend(nowNs);
    long againNs = nowNs + TimeUnit.MINUTES.toNanos(1);
    assertThat(reads.pay(againNs - 1, FAR_NS)).isFalse();
    assertThat(reads.pay(againNs, FAR_NS)).isTrue();
  }
}
