package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DirectedUpstream.Exchange;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may be answered by a read that somebody else has begun. */
@Timeout(60)
class JoinedReadsWireTest {
  @Test
  void flightSentBeforeWhatAConnectionHasSeen_isNotJoinedByIt() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient early = scene.client();
        RespClient late = scene.client()) {
      RaceScene.Flight flight = scene.fly(early, "k");
      seesCounter(scene, late);
      scene.isRelayed(late, "k", "new");
      flight.land("old");
      assertThat(early.reply()).isEqualTo(bulk("old"));
    }
  }

  @Test
  void flightSentBeforeAStrictReadArrived_isNotJoinedByIt() throws IOException {
    String strict = "namespaces: {rules: {keys: 'rule:{name}', strict: true}}\n";
    try (RaceScene scene = RaceScene.configured(strict);
        RespClient early = scene.client();
        RespClient late = scene.client();
        RespClient ordinary = scene.client()) {
      RaceScene.Flight flight = scene.fly(early, "rule:a");
      scene.isRelayed(late, "rule:a", "new");
      RaceScene.Flight other = scene.fly(early, "any");
      ordinary.send("GET", "any");
      scene.awaitMetric("nearside_fills_joined_total", 1);
      flight.land("old");
      other.land("old");
      assertThat(early.reply()).isEqualTo(bulk("old"));
      assertThat(early.reply()).isEqualTo(bulk("old"));
      assertThat(ordinary.reply()).isEqualTo(bulk("old"));
    }
  }

  @Test
  void sharedReadSentBeforeWhatAConnectionHasSeen_isNotJoinedByIt() throws IOException {
    try (RaceScene scene = RaceScene.closed();
        RespClient early = scene.client();
        RespClient late = scene.client()) {
      Exchange shared = lead(scene, early);
      seesCounter(scene, late);
      answersItsOwn(scene, late, shared);
      assertThat(early.reply()).isEqualTo(bulk("old"));
    }
  }

  @Test
  void sharedReadSentBeforeAWrite_isNotJoinedAfterIt() throws IOException {
    try (RaceScene scene = RaceScene.closed();
        RespClient early = scene.client();
        RespClient writer = scene.client();
        RespClient late = scene.client()) {
      Exchange shared = lead(scene, early);
      writer.send("SET", "k", "new");
      scene.upstream.await(Role.RELAY, "SET", "k", "new").reply("+OK\r\n");
      assertThat(writer.reply()).isEqualTo("+OK\r\n");
      answersItsOwn(scene, late, shared);
      assertThat(early.reply()).isEqualTo(bulk("old"));
    }
  }

  @Test
  void readThatJoinedAnother_isNotFollowedByAnOlderStateFromMemory() throws IOException {
    try (RaceScene scene = RaceScene.start("l1.mget=merge");
        RespClient leader = scene.client();
        RespClient client = scene.client();
        RespClient filler = scene.client()) {
      scene.closeL1();
      Exchange shared = lead(scene, leader);
      client.send("GET", "k");
      scene.awaitMetric("nearside_reads_shared_total", 1);
      scene.upstream.refuseTracking(false);
      scene.awaitMetric("nearside_l1_open", 1);
      filler.send("MGET", "k"); // which joins nobody
      scene.flight("k").land("old");
      assertThat(filler.reply()).isEqualTo("*1\r\n" + bulk("old"));
      client.send("GET", "k");
      scene.settle();
      shared.reply(bulk("new"));
      assertThat(leader.reply()).isEqualTo(bulk("new"));
      scene.upstream.await(Role.RELAY, "GET", "k").reply(bulk("new"));
      assertThat(client.reply()).isEqualTo(bulk("new"));
      scene.flight("k").land("new");
      assertThat(client.reply()).isEqualTo(bulk("new"));
    }
  }

  /** The last flight of a key before it expires at Redis has next to no time left to live. */
  @Test
  void stampede_onAKeyThatExpiresWhileItIsRead_isOneMoreFlight() throws IOException {
    List<RespClient> crowd = new ArrayList<>();
    try (RaceScene scene = RaceScene.start();
        RespClient first = scene.client()) {
      RaceScene.Flight flight = scene.fly(first, "k");
      for (int i = 0; i < 20; i++) {
        crowd.add(scene.client());
        crowd.getLast().send("GET", "k");
      }
      scene.awaitMetric("nearside_fills_joined_total", 20);
      flight.land(bulk("v"), ":1\r\n");
      assertThat(first.reply()).isEqualTo(bulk("v"));
      scene.flight("k").land("$-1\r\n", ":-2\r\n");
      for (RespClient client : crowd) {
        assertThat(client.reply()).isEqualTo("$-1\r\n");
      }
      assertThat(scene.upstream.count(Role.TRACKED, "GET", "k")).isEqualTo(2);
      assertThat(scene.upstream.count(Role.RELAY, "GET", "k")).isZero();
    } finally {
      for (RespClient client : crowd) {
        client.close();
      }
    }
  }

  /** Has {@code client} ask for k upstream; whoever asks the same may share that. */
  private static Exchange lead(RaceScene scene, RespClient client) throws IOException {
    client.send("GET", "k");
    return scene.upstream.await(Role.RELAY, "GET", "k");
  }

  /** Shows that {@code client} asks for k upstream itself, although {@code shared} is under way. */
  private static void answersItsOwn(RaceScene scene, RespClient client, Exchange shared)
      throws IOException {
    client.send("GET", "k"); // which joins, and has come too late for what is under way
    shared.reply(bulk("old"));
    scene.upstream.await(Role.RELAY, "GET", "k").reply(bulk("new"));
    assertThat(client.reply()).isEqualTo(bulk("new"));
  }

  /** Shows {@code client}, by another lane, what may be later than all that is under way. */
  private static void seesCounter(RaceScene scene, RespClient client) throws IOException {
    client.send("INCR", "counter");
    scene.upstream.await(Role.RELAY, "INCR", "counter").reply(":1\r\n");
    assertThat(client.reply()).isEqualTo(":1\r\n");
  }
}
