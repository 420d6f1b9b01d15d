package dev.nearside.proxy.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.coherence.Shard.Verdict;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.prometheus.client.CollectorRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is held of keys whose slots go from one node of a cluster to another. */
class BySlotTest {
  private static final long MAX_STALENESS_NS = 1_000_000_000;
  private static final byte[] VALUE = "$1\r\nv\r\n".getBytes(StandardCharsets.US_ASCII);

  private final LocalTier local = new LocalTier(1 << 20, 1 << 20);
  private final Coherence coherence =
      Coherence.ofCluster(
          local,
          CoherenceMode.TRACKING,
          Duration.ofNanos(MAX_STALENESS_NS),
          new Metrics(new CollectorRegistry(), java.util.List.of()));
  private final ClusterShards cluster = Objects.requireNonNull(coherence.cluster());
  private final Shard one = cluster.add();
  private final Shard other = cluster.add();
  private final LookupKey key = new LookupKey().set(0, "k".getBytes(StandardCharsets.US_ASCII));
  private final Shard.Found found = new Shard.Found();
  private final long nowNs = System.nanoTime();

  BySlotTest() {
    coherence.setMode(L1Mode.ON);
    for (Shard shard : coherence.shards()) {
      shard.serve(true);
      shard.open(nowNs, () -> {});
    }
    place(one);
  }

  private void place(@Nullable Shard owner) {
    @Nullable Shard[] owners = new Shard[HashSlot.COUNT];
    Arrays.fill(owners, other);
    owners[key.slot()] = owner;
    cluster.place(owners);
  }

  private Entry begin(Shard shard) {
    Entry token = local.token(key, shard.epochOf(key), 0, new Flight(nowNs));
    assertThat(local.begin(token)).isNull();
    return token;
  }

  private void land(Entry token, byte @Nullable [] reply) {
    local.publish(token, reply, nowNs + 1_000 * MAX_STALENESS_NS);
  }

  private Verdict look(long floorNs) {
    return look(nowNs, floorNs);
  }

  private Verdict look(long atNs, long floorNs) {
    return Objects.requireNonNull(coherence.shard(key)).look(key, atNs, floorNs, found);
  }

  @Test
  void slotMoves_whatIsHeldOfItIsDead_andStaysSoWhenItComesBack() {
    land(begin(one), VALUE);
    assertThat(look(nowNs)).isEqualTo(Verdict.HIT);
    place(other);
    place(one);
    assertThat(look(nowNs)).isEqualTo(Verdict.MISS);
  }

  @Test
  void oneSlotMoves_whatIsHeldOfItIsDead_andAllElseStays() {
    land(begin(one), VALUE);
    cluster.place((key.slot() + 1) % HashSlot.COUNT, one);
    cluster.place(key.slot(), one);
    assertThat(look(nowNs)).isEqualTo(Verdict.HIT);
    long before = coherence.sequence();
    cluster.place(key.slot(), other);
    assertThat(coherence.sequence()).isGreaterThan(before);
    assertThat(coherence.shard(key)).isSameAs(other);
    assertThat(look(nowNs)).isEqualTo(Verdict.MISS);
    cluster.place(key.slot(), one);
    assertThat(look(nowNs)).isEqualTo(Verdict.MISS);
    cluster.place(key.slot(), null);
    assertThat(coherence.shard(key)).isNull();
  }

  @Test
  void slotMovesDuringAFlight_itPublishesNothing() {
    Entry token = begin(one);
    place(other);
    land(token, VALUE);
    assertThat(look(nowNs)).isEqualTo(Verdict.MISS);
  }

  @Test
  void flightOfTheOldNode_begunAfterTheMove_publishesNothing() {
    place(other);
    land(begin(one), VALUE); // who had asked for the shard just before
    assertThat(look(nowNs)).isEqualTo(Verdict.MISS);
  }

  @Test
  void slotOfAnother_stays() {
    land(begin(one), VALUE);
    @Nullable Shard[] owners = new Shard[HashSlot.COUNT];
    Arrays.fill(owners, one);
    cluster.place(owners);
    assertThat(look(nowNs)).isEqualTo(Verdict.HIT);
  }

  @Test
  void slotOfNobody_isNotLocal() {
    place(null);
    assertThat(coherence.shard(key)).isNull();
  }

  @Test
  void oldNodeEmptied_leavesWhatTheOtherHas() {
    place(other);
    land(begin(other), VALUE);
    one.pushedAll();
    one.close();
    assertThat(look(nowNs)).isEqualTo(Verdict.HIT);
    other.pushedAll();
    assertThat(look(nowNs)).isEqualTo(Verdict.MISS);
  }

  @Test
  void value_olderThanTheFloor_waitsForTheBarrier() {
    land(begin(one), VALUE);
    assertThat(look(nowNs + 1)).isEqualTo(Verdict.BEHIND);
    one.answered(nowNs + 1);
    assertThat(look(nowNs + 1)).isEqualTo(Verdict.HIT);
  }

  @Test
  void nil_olderThanTheFloor_isReadAgain_whateverTheNodeHasAnswered() {
    land(begin(one), null);
    assertThat(look(nowNs - 1_000_000)).isEqualTo(Verdict.HIT);
    one.answered(nowNs + 1);
    assertThat(look(nowNs + 1)).isEqualTo(Verdict.MISS);
  }

  @Test
  void nil_livesForTheStalenessAllowed() {
    land(begin(one), null);
    long laterNs = nowNs + 2 * MAX_STALENESS_NS;
    one.answered(laterNs);
    assertThat(look(laterNs, nowNs - MAX_STALENESS_NS)).isEqualTo(Verdict.MISS);
  }

  @Test
  void nil_olderThanACommandThatNamesNoKeys_isReadAgain() {
    land(begin(one), null);
    coherence.opaqueEnded();
    assertThat(look(nowNs - 1_000_000)).isEqualTo(Verdict.MISS);
  }

  @Test
  void nil_isStaleFromItsOwnReadOn() {
    land(begin(one), null);
    one.answered(nowNs + 5 * MAX_STALENESS_NS);
    one.close();
    long laterNs = nowNs + 6 * MAX_STALENESS_NS;
    assertThat(one.findStale(key, laterNs, 2 * MAX_STALENESS_NS)).isNull();
    assertThat(one.findStale(key, laterNs, 7 * MAX_STALENESS_NS)).isNotNull();
    assertThat(one.staleAgeNs(key, laterNs, 7 * MAX_STALENESS_NS))
        .isGreaterThanOrEqualTo(6 * MAX_STALENESS_NS);
  }

  @Test
  void placing_movesTheSequence() {
    long before = coherence.sequence();
    place(other);
    assertThat(coherence.sequence()).isGreaterThan(before);
  }
}
