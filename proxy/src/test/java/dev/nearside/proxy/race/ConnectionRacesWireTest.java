package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static dev.nearside.proxy.scene.DirectedUpstream.invalidation;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.race.RaceScene.Flight;
import dev.nearside.proxy.scene.DirectedUpstream.Exchange;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients do to their connections: change the database, vanish, track by themselves. */
@Timeout(60)
class ConnectionRacesWireTest {
  private static final String OK = "+OK\r\n";

  @Test
  void selectUnderWay_readsBehindItAreOfTheOtherDatabase() throws IOException {
    try (RaceScene scene = RaceScene.start("upstream.local-databases=0,1");
        RespClient client = scene.client()) {
      scene.hold(client, "k", "of 0");
      client.sendRaw("SELECT 1\r\nGET k\r\n");
      Exchange select = scene.upstream.await(Role.RELAY, "SELECT", "1");
      scene.owes(client);
      select.reply(OK);
      assertThat(client.reply()).isEqualTo(OK);
      Flight flight = scene.flight("k");
      assertThat(flight.get().wire().database()).isEqualTo(1);
      flight.land("of 1");
      assertThat(client.reply()).isEqualTo(bulk("of 1"));
      scene.readsLocally(client, "k", bulk("of 1"));
    }
  }

  /** What its reply shows is compared with nothing: it may be the key of either database. */
  @Test
  void selectedInATransaction_readBehindItDropsItsKeyWhateverItShows() throws IOException {
    try (RaceScene scene = RaceScene.start("upstream.local-databases=0,1");
        RespClient client = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(client, "k", "same");
      reader.send("SELECT", "1");
      scene.upstream.await(Role.RELAY, "SELECT", "1").reply(OK);
      assertThat(reader.reply()).isEqualTo(OK);
      scene.hold(reader, "k", "old");
      client.sendRaw("MULTI\r\nSELECT 1\r\nEXEC\r\nGET k\r\n");
      scene.upstream.await(Role.RELAY, "MULTI").reply(OK);
      scene.upstream.await(Role.RELAY, "SELECT", "1").reply("+QUEUED\r\n");
      scene.upstream.await(Role.RELAY, "EXEC").reply("*1\r\n" + OK);
      scene.upstream.await(Role.RELAY, "GET", "k").reply(bulk("same"));
      assertThat(client.reply()).isEqualTo(OK);
      assertThat(client.reply()).isEqualTo("+QUEUED\r\n");
      assertThat(client.reply()).isEqualTo("*1\r\n" + OK);
      assertThat(client.reply()).isEqualTo(bulk("same"));
      scene.readsUpstream(reader, "k", "same");
    }
  }

  @Test
  void selectRefused_readsBehindItStayInTheDatabase() throws IOException {
    try (RaceScene scene = RaceScene.start("upstream.local-databases=0,1");
        RespClient client = scene.client()) {
      scene.hold(client, "k", "of 0");
      client.sendRaw("SELECT 1\r\nGET k\r\n");
      scene.upstream.await(Role.RELAY, "SELECT", "1").reply("-ERR out of range\r\n");
      assertThat(client.reply()).isEqualTo("-ERR out of range\r\n");
      assertThat(client.reply()).isEqualTo(bulk("of 0"));
    }
  }

  /** A MOVE, or a COPY to another database, changes a key of a database nobody is in. */
  @Test
  void writeInOneDatabase_isFencedByNameInAll() throws IOException {
    try (RaceScene scene = RaceScene.start("upstream.local-databases=0,1");
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      reader.send("SELECT", "1");
      scene.upstream.await(Role.RELAY, "SELECT", "1").reply(OK);
      assertThat(reader.reply()).isEqualTo(OK);
      scene.hold(reader, "k", "old");
      writer.send("MOVE", "k", "1");
      Exchange move = scene.upstream.await(Role.RELAY, "MOVE", "k", "1");
      scene.isRelayed(reader, "k", "old");
      move.reply(":1\r\n");
      assertThat(writer.reply()).isEqualTo(":1\r\n");
      scene.hold(reader, "k", "moved here");
      scene.awaitRest();
    }
  }

  @Test
  void clientKilledMidReply_nobodyElseNotices() throws IOException {
    String big = "x".repeat(500_000);
    try (RaceScene scene = RaceScene.start();
        RespClient other = scene.client()) {
      RespClient killed = scene.client();
      killed.send("GETRANGE", "k", "0", "-1");
      Exchange read = scene.upstream.await(Role.RELAY, "GETRANGE", "k", "0", "-1");
      read.wire().push("$500000\r\n" + big.substring(0, 250_000));
      Waiting.until("the reply has begun", killed::hasBytes);
      other.send("STRLEN", "k");
      killed.kill();
      scene.awaitMetric("nearside_clients", 2);
      read.reply(big.substring(250_000) + "\r\n");
      scene.upstream.await(Role.RELAY, "STRLEN", "k").reply(":7\r\n");
      assertThat(other.reply()).isEqualTo(":7\r\n");
    }
  }

  @Test
  void clientKilledWithRepliesKeptForIt_theyAreReleased() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient other = scene.client()) {
      RespClient killed = scene.client();
      Flight flight = scene.fly(killed, "first");
      killed.send("STRLEN", "second");
      scene.upstream.await(Role.RELAY, "STRLEN", "second").reply(":7\r\n");
      scene.owes(killed);
      killed.kill();
      scene.awaitMetric("nearside_clients", 2);
      flight.land("all the same");
      scene.awaitMetric("nearside_fills_total{result=\"published\"}", 1);
      scene.readsLocally(other, "first", bulk("all the same"));
    }
  }

  @Test
  void clientKilledWhileItsWriteIsUnderWay_theFenceOutlivesIt() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient reader = scene.client()) {
      scene.hold(reader, "k", "old");
      RespClient killed = scene.client();
      killed.send("SET", "k", "new");
      Exchange set = scene.upstream.await(Role.RELAY, "SET", "k", "new");
      killed.kill();
      scene.awaitMetric("nearside_clients", 2);
      scene.isRelayed(reader, "k", "old");
      set.reply(OK);
      scene.awaitRest();
      scene.hold(reader, "k", "new");
    }
  }

  /** Redis 6 writes the push of an expired key between the elements of the reply that found it. */
  @Test
  void pushInsideAnAggregate_passesAndIsNoElement() throws IOException {
    String withPush = "*2\r\n" + invalidation("expired") + "$-1\r\n" + bulk("v");
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      client.send("HELLO", "3");
      scene.upstream.await(Role.RELAY, "HELLO", "3").reply("%1\r\n+proto\r\n:3\r\n");
      assertThat(client.reply()).startsWith("%1");
      client.send("CLIENT", "TRACKING", "ON");
      scene.upstream.await(Role.RELAY, "CLIENT", "TRACKING", "ON").reply(OK);
      assertThat(client.reply()).isEqualTo(OK);
      client.send("MGET", "expired", "k").send("SET", "k", "new");
      scene.upstream.await(Role.RELAY, "MGET", "expired", "k").reply(withPush);
      Exchange set = scene.upstream.await(Role.RELAY, "SET", "k", "new");
      assertThat(client.reply()).isEqualTo(withPush);
      assertThat(scene.sidecar.metric("nearside_fences_up")).isEqualTo(1); // that was MGET's alone
      set.reply(OK);
      assertThat(client.reply()).isEqualTo(OK);
      scene.awaitRest();
    }
  }

  /** The same on a lane, whose clients have not asked for pushes. */
  @Test
  void pushInsideAnAggregateOfALane_doesNotShiftReplies() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      client.send("HELLO", "3");
      scene.upstream.await(Role.RELAY, "HELLO", "3").reply("%1\r\n+proto\r\n:3\r\n");
      assertThat(client.reply()).startsWith("%1");
      client.send("HMGET", "h", "f", "g").send("STRLEN", "k");
      scene
          .upstream
          .await(Role.RELAY, "HMGET", "h", "f", "g")
          .reply("*2\r\n" + invalidation("h") + "_\r\n" + bulk("v"));
      scene.upstream.await(Role.RELAY, "STRLEN", "k").reply(":1\r\n");
      assertThat(client.reply()).endsWith("_\r\n" + bulk("v"));
      assertThat(client.reply()).isEqualTo(":1\r\n");
    }
  }
}
