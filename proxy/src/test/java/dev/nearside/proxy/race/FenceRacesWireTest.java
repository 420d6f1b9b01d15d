package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static dev.nearside.proxy.scene.DirectedUpstream.invalidation;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.race.RaceScene.Flight;
import dev.nearside.proxy.scene.DirectedUpstream.Exchange;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writes through this sidecar whose pushes come late, or never. */
@Timeout(60)
class FenceRacesWireTest {
  private static final String OK = "+OK\r\n";

  @Test
  void acknowledgementBeforeItsPush_isSeenByOthers() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(reader, "k", "old");
      writer.send("SET", "k", "new");
      Exchange set = scene.upstream.await(Role.RELAY, "SET", "k", "new");
      scene.isRelayed(reader, "k", "old");
      set.reply(OK);
      assertThat(writer.reply()).isEqualTo(OK);
      scene.readsUpstream(reader, "k", "new");
      scene.upstream.tracked().push(invalidation("k"));
      scene.awaitPushed(1);
      scene.hold(reader, "k", "new");
      scene.awaitRest();
    }
  }

  @Test
  void missWhileAWriteOfOursIsUnderWay_isNeverHeld() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      Flight flight = scene.fly(reader, "k");
      writer.send("SET", "k", "new");
      Exchange set = scene.upstream.await(Role.RELAY, "SET", "k", "new");
      flight.land("old");
      assertThat(reader.reply()).isEqualTo(bulk("old"));
      set.reply(OK);
      assertThat(writer.reply()).isEqualTo(OK);
      scene.hold(reader, "k", "new");
      scene.awaitRest();
    }
  }

  @Test
  void writeCutOffBeforeItsAcknowledgement_isTakenAsDone() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(reader, "k", "old");
      writer.send("SET", "k", "new");
      scene.upstream.await(Role.RELAY, "SET", "k", "new").wire().cut();
      assertThat(writer.isClosed()).isTrue();
      scene.awaitRest();
      scene.hold(reader, "k", "new");
    }
  }

  @Test
  void scriptWriteOnAnotherConnection_isAcknowledgedBehindItsPush() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(reader, "k", "old");
      scene.upstream.holdPings(true);
      writer.send("EVAL", "a write of k", "0");
      scene.upstream.await(Role.RELAY, "EVAL", "a write of k", "0").reply(OK);
      Exchange barrier = scene.upstream.await(Role.TRACKED, "PING");
      scene.owes(writer);
      barrier.wire().push(invalidation("k"));
      barrier.reply("+PONG\r\n");
      assertThat(writer.reply()).isEqualTo(OK);
      scene.hold(reader, "k", "new");
    }
  }

  @Test
  void multiWithAnErrorInExec_fencesWhatWasWrittenAllTheSame() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(reader, "k", "old");
      writer.send("MULTI").send("SET", "k", "new").send("INCR", "a list");
      scene.upstream.await(Role.RELAY, "MULTI").reply(OK);
      scene.upstream.await(Role.RELAY, "SET", "k", "new").reply("+QUEUED\r\n");
      scene.upstream.await(Role.RELAY, "INCR", "a list").reply("+QUEUED\r\n");
      assertThat(writer.reply() + writer.reply() + writer.reply()).hasSize(23);
      scene.hold(reader, "k", "old"); // it was fenced once, in case MULTI had been refused
      String wrongType = "*2\r\n+OK\r\n-WRONGTYPE of the list\r\n";
      writer.send("EXEC");
      Exchange exec = scene.upstream.await(Role.RELAY, "EXEC");
      scene.isRelayed(reader, "k", "old");
      exec.reply(wrongType);
      assertThat(writer.reply()).isEqualTo(wrongType);
      scene.hold(reader, "k", "new");
      scene.awaitRest();
    }
  }

  @Test
  void multiWithAnErrorBeforeExec_leavesNoFence() throws IOException {
    String aborted = "-EXECABORT because of an error before\r\n";
    try (RaceScene scene = RaceScene.start();
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      writer.send("MULTI").send("SET", "k", "new").send("SET", "k");
      scene.upstream.await(Role.RELAY, "MULTI").reply(OK);
      scene.upstream.await(Role.RELAY, "SET", "k", "new").reply("+QUEUED\r\n");
      scene.upstream.await(Role.RELAY, "SET", "k").reply("-ERR wrong number\r\n");
      writer.send("EXEC");
      scene.upstream.await(Role.RELAY, "EXEC").reply(aborted);
      assertThat(writer.reply() + writer.reply()).isEqualTo(OK + "+QUEUED\r\n");
      assertThat(writer.reply()).isEqualTo("-ERR wrong number\r\n");
      assertThat(writer.reply()).isEqualTo(aborted);
      scene.awaitRest();
      scene.hold(reader, "k", "as it was");
    }
  }

  @Test
  void multiRefused_whatFollowsIsFencedAsAWrite() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(reader, "k", "old");
      writer.send("MULTI").send("SET", "k", "new");
      scene.upstream.await(Role.RELAY, "MULTI").reply("-NOPERM no MULTI for you\r\n");
      scene.upstream.await(Role.RELAY, "SET", "k", "new").reply(OK);
      assertThat(writer.reply()).startsWith("-NOPERM");
      assertThat(writer.reply()).isEqualTo(OK);
      scene.hold(reader, "k", "new");
    }
  }

  @Test
  void swapdbByUs_emptiesL1WithoutAnyPush() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient swapper = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(reader, "k", "old");
      Flight flight = scene.fly(reader, "flying");
      swapper.send("SWAPDB", "0", "1");
      Exchange swap = scene.upstream.await(Role.RELAY, "SWAPDB", "0", "1");
      flight.land("old");
      assertThat(reader.reply()).isEqualTo(bulk("old"));
      scene.isRelayed(reader, "k", "old");
      swap.reply(OK);
      assertThat(swapper.reply()).isEqualTo(OK);
      scene.hold(reader, "k", "of the other");
      scene.hold(reader, "flying", "of the other");
      scene.awaitRest();
    }
  }
}
