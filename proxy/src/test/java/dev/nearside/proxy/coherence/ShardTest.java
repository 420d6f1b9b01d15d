package dev.nearside.proxy.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Shard.Verdict;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.telemetry.InvalidationCause;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import org.junit.jupiter.api.Test;

class ShardTest {
  private final ShardScene scene = new ShardScene();

  @Test
  void look_beforeTheFirstGeneration_isClosed() {
    scene.hold(0, "k");
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.CLOSED);
  }

  @Test
  void look_held_isHit() {
    scene.open(100).hold(0, "k");
    assertThat(scene.look("k", 100, 100)).isEqualTo(Verdict.HIT);
    assertThat(scene.found.entry()).isNotNull();
  }

  @Test
  void look_silentForLongerThanMaxStaleness_isClosedUntilAnswered() {
    scene.open(100).hold(0, "k");
    long lastNs = 100 + ShardScene.MAX_STALENESS_NS;
    assertThat(scene.look("k", lastNs, 0)).isEqualTo(Verdict.HIT);
    assertThat(scene.look("k", lastNs + 1, 0)).isEqualTo(Verdict.CLOSED);
    scene.shard.answered(lastNs);
    assertThat(scene.look("k", lastNs + 1, 0)).isEqualTo(Verdict.HIT);
  }

  @Test
  void answered_outOfOrder_neverTurnsTheClockBack() {
    scene.open(100);
    scene.shard.answered(300);
    scene.shard.answered(200);
    assertThat(scene.shard.coherentAsOfNs()).isEqualTo(300);
  }

  @Test
  void look_connectionSawMoreThanL1_isBehindUntilTheClockGetsThere() {
    scene.open(100).hold(0, "k");
    assertThat(scene.look("k", 150, 120)).isEqualTo(Verdict.BEHIND);
    assertThat(scene.found.entry()).isNull();
    scene.shard.answered(120);
    assertThat(scene.look("k", 150, 120)).isEqualTo(Verdict.HIT);
  }

  @Test
  void look_atTheInstantOfExpiry_isMissAndGone() {
    long expiryNs = 1 << 20; // one that is kept as it is
    scene.open(expiryNs);
    Entry token = scene.begin("k");
    scene.local.publish(token, null, expiryNs);
    assertThat(scene.look("k", expiryNs - 1, 0)).isEqualTo(Verdict.HIT);
    assertThat(scene.look("k", expiryNs, 0)).isEqualTo(Verdict.MISS);
    assertThat(scene.local.find(ShardScene.key(0, "k"))).isNull();
  }

  @Test
  void look_pushed_isMissAndItsFlightCannotPublish() {
    scene.open(100);
    Entry token = scene.begin("k");
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.IN_FLIGHT);
    scene.shard.pushed(ShardScene.key(0, "k"));
    assertThat(scene.land(token)).isFalse();
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
  }

  @Test
  void look_everythingPushed_isMissAlsoForFlightsOfBefore() {
    scene.open(100).hold(0, "k");
    Entry token = scene.begin("flying");
    scene.shard.pushedAll();
    scene.land(token);
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
    assertThat(scene.look("flying", 100, 0)).isEqualTo(Verdict.MISS);
  }

  @Test
  void close_thenOpen_nothingOfTheOldGenerationIsServed() {
    scene.open(100).hold(0, "k");
    long before = scene.shard.epochOf(ShardScene.key(0, "late"));
    scene.shard.close();
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.CLOSED);
    Entry late = scene.local.token(ShardScene.key(0, "late"), before, 0, new Flight(0));
    scene.local.begin(late);
    scene.land(late);
    scene.open(200);
    assertThat(scene.look("k", 200, 0)).isEqualTo(Verdict.MISS);
    assertThat(scene.look("late", 200, 0)).isEqualTo(Verdict.MISS);
    assertThat(scene.shard.generation()).isEqualTo(2);
  }

  @Test
  void sequence_pushesAndFlushes_changeIt() {
    scene.open(100);
    long first = scene.coherence.sequence();
    scene.shard.pushed(ShardScene.key(0, "never held"));
    long second = scene.coherence.sequence();
    scene.shard.pushedAll();
    assertThat(second).isNotEqualTo(first);
    assertThat(scene.coherence.sequence()).isNotEqualTo(second);
  }

  @Test
  void setMode_offAndOn_closesAndForgets() {
    scene.open(100).hold(0, "k");
    scene.coherence.setMode(L1Mode.OFF);
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.CLOSED);
    assertThat(scene.coherence.fills()).isFalse();
    scene.coherence.setMode(L1Mode.ON);
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.CLOSED);
    scene.coherence.shards().forEach(each -> each.barrierAnswered(Long.MAX_VALUE / 2));
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
  }

  @Test
  void findStale_closed_servesItsOwnWhileAllowed() {
    scene.open(100).hold(0, "k");
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 150, 50)).isNotNull();
    scene.shard.close();
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.CLOSED);
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 150, 50)).isNotNull();
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 151, 50)).isNull();
    assertThat(scene.shard.staleAgeNs(ShardScene.key(0, "k"), 150, 50)).isEqualTo(50);
    assertThat(scene.shard.staleAgeNs(ShardScene.key(0, "k"), 151, 50)).isEqualTo(-1);
    scene.coherence.drop(ShardScene.key(0, "k"), InvalidationCause.WRITE);
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 150, 50)).isNull();
  }

  @Test
  void findStale_afterAFlushOrALostPermission_hasNothing() {
    scene.open(100).hold(0, "k");
    scene.shard.close();
    scene.coherence.flush();
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 150, 50)).isNull();
    scene.open(200).hold(0, "k");
    scene.shard.close(InvalidationCause.PERMISSION);
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 200, 50)).isNull();
  }

  @Test
  void findStale_afterAnOpaqueCommandThatNoAnswerCovers_hasNothing() {
    scene.open(100).hold(0, "k");
    scene.shard.opaqueEnded(120);
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 130, 50)).isNull();
    scene.shard.answered(120);
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 130, 50)).isNotNull();
    scene.shard.opaqueEnded(121);
    scene.shard.close();
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 130, 50)).isNull();
  }

  @Test
  void findStale_afterRemainsAreForgotten_hasNothing() {
    scene.open(100).hold(0, "k");
    scene.shard.close();
    scene.shard.forgetRemains();
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 150, 50)).isNull();
  }

  @Test
  void findStale_ofAGenerationThatEndedInShadowMode_hasNothing() {
    scene.open(100).hold(0, "k");
    scene.coherence.setMode(L1Mode.SHADOW);
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 150, 50)).isNull();
    scene.shard.close();
    scene.coherence.setMode(L1Mode.ON);
    assertThat(scene.shard.findStale(ShardScene.key(0, "k"), 150, 50)).isNull();
  }

  @Test
  void setMode_shadow_fillsAndNeverServes() {
    scene.open(100).hold(0, "k");
    scene.coherence.setMode(L1Mode.SHADOW);
    assertThat(scene.coherence.fills()).isTrue();
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.CLOSED);
  }

  /** In shadow mode, between the two, reads on other paths may have shown newer states. */
  @Test
  void setMode_onAgainBehindAShadow_servesBehindItsOwnBarrier() {
    scene.open(System.nanoTime());
    scene.hold(0, "k");
    scene.coherence.setMode(L1Mode.SHADOW);
    scene.coherence.setMode(L1Mode.ON);
    scene.coherence.setMode(L1Mode.SHADOW);
    long betweenNs = System.nanoTime();
    while (System.nanoTime() == betweenNs) {
      Thread.onSpinWait();
    }
    scene.coherence.setMode(L1Mode.ON);
    scene.shard.barrierAnswered(betweenNs);
    assertThat(scene.look("k", betweenNs, betweenNs)).isEqualTo(Verdict.CLOSED);
    long afterNs = System.nanoTime();
    scene.shard.barrierAnswered(afterNs);
    assertThat(scene.look("k", afterNs, afterNs)).isEqualTo(Verdict.HIT);
  }
}
