package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.ClusterShards;
import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.TrackedConnections;
import io.prometheus.client.CollectorRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shards that are opened and closed by hand. */
class TrackedReadinessTest {
  private final Coherence coherence =
      Coherence.ofCluster(
          new LocalTier(1 << 20, 4096),
          CoherenceMode.TRACKING,
          Duration.ofSeconds(1),
          new Metrics(new CollectorRegistry(), List.of()));
  private final ClusterShards shards = Objects.requireNonNull(coherence.cluster());
  private final TrackedReadiness inParts = probe(CoherenceMode.TRACKING, true);
  private final TrackedReadiness asOne = probe(CoherenceMode.TRACKING, false);

  private TrackedReadiness probe(CoherenceMode by, boolean inParts) {
    return new TrackedReadiness(coherence, by, new TrackedConnections(), inParts);
  }

  @BeforeEach
  void switchOn() {
    coherence.setMode(L1Mode.ON);
  }

  private Shard opened() {
    Shard shard = shards.add();
    open(shard);
    return shard;
  }

  private static void open(Shard shard) {
    shard.open(System.nanoTime(), () -> {});
  }

  @Test
  void withoutShards_isNotReady_butWhereL1IsOff() {
    assertThat(inParts.isReady()).isFalse();
    assertThat(inParts.readiness().why().get()).isEqualTo("nobody is known to have slots");
    assertThat(probe(CoherenceMode.OFF, true).isReady()).isTrue();
    coherence.setMode(L1Mode.OFF);
    assertThat(inParts.isReady()).isTrue();
  }

  @Test
  void someShardsOpen_isReadyOnceAllHaveBeen_whereTheyServeInParts() {
    Shard first = opened();
    Shard second = shards.add();
    assertThat(inParts.isReady()).isFalse();
    open(second);
    assertThat(inParts.isReady()).isTrue();
    assertThat(asOne.isReady()).isTrue();
    second.close();
    assertThat(inParts.isReady()).isTrue();
    assertThat(asOne.isReady()).isFalse();
    first.close();
    assertThat(inParts.isReady()).isFalse();
  }
}
