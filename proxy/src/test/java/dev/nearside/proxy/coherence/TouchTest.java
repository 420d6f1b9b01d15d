package dev.nearside.proxy.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Shard.Verdict;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TouchTest {
  private final ShardScene scene = new ShardScene().open(100);

  private static ByteBuf bytes(String reply) {
    return Unpooled.wrappedBuffer(reply.getBytes(StandardCharsets.UTF_8));
  }

  private void replied(Touch touch, String reply) {
    ByteBuf in = bytes(reply);
    touch.replied(in, 0, in.readableBytes(), true);
  }

  @Test
  void write_fromForwardedToReplied_nothingIsServedOrPublished() {
    scene.hold(0, "k");
    Entry flying = scene.begin("f");
    Touch touch =
        Touch.write(scene.coherence, List.of(ShardScene.key(0, "k"), ShardScene.key(0, "f")));
    touch.forwarded();
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.CLOSED);
    assertThat(scene.land(flying)).isFalse();
    scene.hold(0, "k");
    replied(touch, "+OK\r\n");
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
    assertThat(scene.coherence.fences().up()).isZero();
  }

  @Test
  void write_forwarded_dropsBeforeTheReply() {
    scene.hold(0, "k");
    Touch.write(scene.coherence, List.of(ShardScene.key(0, "k"))).forwarded();
    assertThat(scene.local.find(ShardScene.key(0, "k"))).isNull();
  }

  @Test
  void write_isByNameOverAllDatabases() {
    scene.hold(1, "k");
    Touch.write(scene.coherence, List.of(ShardScene.key(0, "k"))).forwarded();
    assertThat(scene.local.find(ShardScene.key(1, "k"))).isNull();
  }

  @Test
  void write_lost_dropsAndLowers() {
    Touch touch = Touch.write(scene.coherence, List.of(ShardScene.key(0, "k")));
    touch.forwarded();
    scene.hold(0, "k");
    touch.lost();
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
    assertThat(scene.coherence.fences().up()).isZero();
  }

  @Test
  void flush_killsBeforeForwardingAndAtTheReply() {
    scene.hold(0, "k");
    Touch touch = Touch.flush(scene.coherence);
    LookupKey key = ShardScene.key(0, "k");
    long before = scene.shard.epochOf(key);
    touch.forwarded();
    long between = scene.shard.epochOf(key);
    assertThat(between).isNotEqualTo(before);
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.CLOSED);
    replied(touch, "+OK\r\n");
    assertThat(scene.shard.epochOf(key)).isNotEqualTo(between);
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
  }

  @Test
  void read_showedTheSameBytes_keepsTheEntry() {
    scene.hold(0, "k");
    replied(Touch.get(scene.coherence, ShardScene.key(0, "k")), "$1\r\nv\r\n");
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.HIT);
  }

  @Test
  void readOfAnotherCommand_showedTheSameBytes_dropsTheEntry() {
    scene.hold(0, "k");
    replied(Touch.read(scene.coherence, List.of(ShardScene.key(0, "k"))), "$1\r\nv\r\n");
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
  }

  @Test
  void read_thatWasNotAnswered_keepsTheEntry() {
    scene.hold(0, "k");
    Touch.get(scene.coherence, ShardScene.key(0, "k")).unanswered();
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.HIT);
    Touch.get(scene.coherence, ShardScene.key(0, "k")).lost();
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
  }

  @Test
  void answerFromElsewhere_dropsTheEntryUnlessItIsTheSame() {
    scene.hold(0, "k");
    Touch touch = Touch.get(scene.coherence, ShardScene.key(0, "k"));
    touch.shown("$1\r\nv\r\n".getBytes(StandardCharsets.UTF_8));
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.HIT);
    touch.shown(null);
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
  }

  @Test
  void read_showedOtherBytes_dropsTheEntryAndKillsFlights() {
    scene.hold(0, "k");
    Entry flying = scene.begin("f");
    replied(Touch.read(scene.coherence, List.of(ShardScene.key(0, "k"))), "$1\r\nw\r\n");
    replied(Touch.read(scene.coherence, List.of(ShardScene.key(0, "f"))), "$1\r\nw\r\n");
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
    assertThat(scene.land(flying)).isFalse();
  }

  @Test
  void read_onlyTheStartOfTheReplyIsHere_dropsTheEntry() {
    scene.hold(0, "k");
    ByteBuf in = bytes("$1\r\nv\r\n");
    Touch.get(scene.coherence, ShardScene.key(0, "k")).replied(in, 0, 7, false);
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
  }

  @Test
  void reply_thatBreaksOff_lowersTheFenceOnce() {
    for (Touch touch :
        List.of(
            Touch.write(scene.coherence, List.of(ShardScene.key(0, "k"))),
            Touch.flush(scene.coherence))) {
      touch.forwarded();
      ByteBuf in = bytes("$100\r\nhal");
      touch.replied(in, 0, in.readableBytes(), false);
      touch.lost();
      assertThat(scene.coherence.fences().up()).isZero();
      scene.hold(0, "k");
      assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.HIT);
      Touch next = Touch.write(scene.coherence, List.of(ShardScene.key(0, "k")));
      next.forwarded();
      assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.CLOSED);
      next.lost();
    }
  }

  @Test
  void notForwarded_lost_lowersNothing() {
    Touch.write(scene.coherence, List.of(ShardScene.key(0, "k"))).lost();
    assertThat(scene.coherence.fences().up()).isZero();
  }

  @Test
  void unknown_refused_changesNothing() {
    scene.hold(0, "k");
    Touch touch = Touch.unknown(scene.coherence);
    touch.forwarded();
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.HIT);
    replied(touch, "-ERR unknown command 'X', with args beginning with: \r\n");
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.HIT);
  }

  @Test
  void unknown_executed_emptiesL1() {
    Touch touch = Touch.unknown(scene.coherence);
    touch.forwarded();
    scene.hold(0, "k");
    replied(touch, "+OK\r\n");
    assertThat(scene.look("k", 100, 0)).isEqualTo(Verdict.MISS);
    assertThat(scene.coherence.fences().up()).isZero();
  }
}
