package dev.nearside.proxy.race;

import static dev.nearside.proxy.scene.DirectedUpstream.bulk;
import static dev.nearside.proxy.scene.DirectedUpstream.invalidation;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DirectedUpstream.Exchange;
import dev.nearside.proxy.scene.DirectedUpstream.Role;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a connection has been told on one socket before the push of it has come on another. */
@Timeout(60)
class CausalityRacesWireTest {
  private static final String ORDERED = "coherence.unheld-reads=ordered";
  private static final String SECOND_REQUEST = "l1.admission-window=1h";

  @Test
  void pushDelayedBehindALaneReply_ofTheSameKey_isSeenByOthersToo() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient first = scene.client();
        RespClient second = scene.client()) {
      scene.hold(second, "k", "old");
      first.send("GETRANGE", "k", "0", "-1");
      scene.upstream.await(Role.RELAY, "GETRANGE", "k", "0", "-1").reply(bulk("newer"));
      assertThat(first.reply()).isEqualTo(bulk("newer"));
      scene.hold(second, "k", "newer");
    }
  }

  @Test
  void laneReplyOfTheSameState_leavesL1AsItIs() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient first = scene.client();
        RespClient second = scene.client()) {
      scene.hold(second, "k", "as it is");
      first.send("EVAL", "return 1", "0");
      first.send("GET", "k");
      Exchange script = scene.upstream.await(Role.RELAY, "EVAL", "return 1", "0");
      Exchange read = scene.upstream.await(Role.RELAY, "GET", "k");
      script.reply(":1\r\n");
      read.reply(bulk("as it is"));
      assertThat(first.reply()).isEqualTo(":1\r\n");
      assertThat(first.reply()).isEqualTo(bulk("as it is"));
      scene.readsLocally(second, "k", bulk("as it is"));
    }
  }

  @Test
  void laneReplyOfTheSameBytes_butOfSomethingElse_isNews() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient first = scene.client();
        RespClient second = scene.client()) {
      scene.hold(second, "k", "value");
      first.send("HGET", "k", "field"); // it has become a hash
      scene.upstream.await(Role.RELAY, "HGET", "k", "field").reply(bulk("value"));
      assertThat(first.reply()).isEqualTo(bulk("value"));
      scene.readsUpstream(second, "k", "a string again");
    }
  }

  @Test
  void pushDelayedBehindALaneReply_ofAnotherKey_isAwaited() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "data", "old");
      scene.upstream.holdPings(true);
      client.send("STRLEN", "flag");
      scene.upstream.await(Role.RELAY, "STRLEN", "flag").reply(":1\r\n");
      assertThat(client.reply()).isEqualTo(":1\r\n");
      client.send("GET", "data");
      Exchange barrier = scene.upstream.await(Role.TRACKED, "PING");
      scene.owes(client);
      barrier.wire().push(invalidation("data"));
      barrier.reply("+PONG\r\n");
      scene.flight("data").land("new");
      assertThat(client.reply()).isEqualTo(bulk("new"));
      scene.readsLocally(client, "data", bulk("new"));
    }
  }

  /** A reply by a lane would have to be asked behind; this one stands behind every push. */
  @Test
  void unheldReadOrdered_nothingIsAskedBehindIt_andPushesBeforeItAreSeen() throws IOException {
    try (RaceScene scene = RaceScene.start(ORDERED, SECOND_REQUEST);
        RespClient client = scene.client()) {
      scene.holdAtSecond(client, "changed", "old");
      scene.holdAtSecond(client, "unchanged", "as it is");
      scene.upstream.holdPings(true);
      client.send("GET", "flag");
      Exchange read = scene.upstream.await(Role.TRACKED, "GETEX", "flag");
      read.wire().push(invalidation("changed"));
      read.reply(bulk("set behind the change"));
      assertThat(client.reply()).isEqualTo(bulk("set behind the change"));
      scene.readsLocally(client, "unchanged", bulk("as it is"));
      assertThat(scene.isLocal(client, "changed")).isFalse();
      scene.flight("changed").land("new");
      assertThat(client.reply()).isEqualTo(bulk("new"));
      assertThat(scene.upstream.has(Role.TRACKED, "PING")).isFalse();
    }
  }

  /** It is not remembered: no push tells of a change between its answer and who comes later. */
  @Test
  void unheldReadOrdered_isForWhoBeganItAlone_andTheNextIsHeld() throws IOException {
    try (RaceScene scene = RaceScene.start(ORDERED, SECOND_REQUEST);
        RespClient first = scene.client();
        RespClient second = scene.client()) {
      first.send("GET", "k");
      Exchange read = scene.upstream.await(Role.TRACKED, "GETEX", "k");
      second.send("GET", "k");
      RaceScene.Flight flight = scene.flight("k");
      read.reply(bulk("before"));
      assertThat(first.reply()).isEqualTo(bulk("before"));
      flight.land("after");
      assertThat(second.reply()).isEqualTo(bulk("after"));
      scene.readsLocally(first, "k", bulk("after"));
      scene.awaitRest();
    }
  }

  @Test
  void unheldReads_pipelined_areRelayedAtOnce() throws IOException {
    try (RaceScene scene = RaceScene.start(ORDERED, SECOND_REQUEST);
        RespClient client = scene.client()) {
      String get = "*2\r\n" + bulk("GET");
      client.sendRaw(get + bulk("a") + get + bulk("b"));
      Exchange first = scene.upstream.await(Role.RELAY, "GET", "a");
      Exchange second = scene.upstream.await(Role.RELAY, "GET", "b");
      first.reply(bulk("1"));
      second.reply(bulk("2"));
      assertThat(client.reply()).isEqualTo(bulk("1"));
      assertThat(client.reply()).isEqualTo(bulk("2"));
    }
  }

  @Test
  void unheldReadOrdered_whileItsKeyIsWritten_isRelayed() throws IOException {
    try (RaceScene scene = RaceScene.start(ORDERED, SECOND_REQUEST);
        RespClient writer = scene.client();
        RespClient reader = scene.client()) {
      writer.send("SET", "k", "new");
      Exchange write = scene.upstream.await(Role.RELAY, "SET", "k", "new");
      scene.isRelayed(reader, "k", "new");
      write.reply("+OK\r\n");
      assertThat(writer.reply()).isEqualTo("+OK\r\n");
      scene.holdAtSecond(reader, "k", "new");
    }
  }

  /** What the upstream says to the PING tells nothing; that it says it comes after every push. */
  @ParameterizedTest
  @ValueSource(strings = {"-NOPERM no PING for you\r\n", "-BUSY running a script\r\n"})
  void barrierAnsweredByAnError_isAnswered(String error) throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "changed", "old");
      scene.hold(client, "unchanged", "as it is");
      scene.upstream.holdPings(true);
      client.send("STRLEN", "flag");
      scene.upstream.await(Role.RELAY, "STRLEN", "flag").reply(":1\r\n");
      assertThat(client.reply()).isEqualTo(":1\r\n");
      client.send("GET", "unchanged").send("GET", "changed");
      Exchange barrier = scene.upstream.await(Role.TRACKED, "PING");
      scene.owes(client);
      barrier.wire().push(invalidation("changed"));
      barrier.reply(error);
      assertThat(client.reply()).isEqualTo(bulk("as it is"));
      scene.flight("changed").land("new");
      assertThat(client.reply()).isEqualTo(bulk("new"));
      assertThat(scene.upstream.generations()).isEqualTo(1);
      scene.awaitRest();
    }
  }

  @Test
  void messageBeforeItsPush_isDeliveredBehindIt() throws IOException {
    String message = "*3\r\n" + bulk("message") + bulk("channel") + bulk("data");
    try (RaceScene scene = RaceScene.start();
        RespClient subscriber = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(reader, "data", "old");
      Exchange subscribe = subscribe(scene, subscriber);
      scene.upstream.holdPings(true);
      subscribe.wire().push(message);
      Exchange barrier = scene.upstream.await(Role.TRACKED, "PING");
      scene.owes(subscriber);
      barrier.wire().push(invalidation("data"));
      barrier.reply("+PONG\r\n");
      assertThat(subscriber.reply()).isEqualTo(message);
      scene.hold(reader, "data", "new");
    }
  }

  @Test
  void unsubscribed_readsOfTheConnectionAwaitWhatIsLate() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "data", "old");
      subscribe(scene, client);
      scene.upstream.holdPings(true);
      client.send("UNSUBSCRIBE", "channel");
      String confirmed = "*3\r\n" + bulk("unsubscribe") + bulk("channel") + ":0\r\n";
      scene.upstream.await(Role.RELAY, "UNSUBSCRIBE", "channel").reply(confirmed);
      assertThat(client.reply()).isEqualTo(confirmed);
      client.send("GET", "data");
      Exchange barrier = scene.upstream.await(Role.TRACKED, "PING");
      scene.owes(client);
      barrier.wire().push(invalidation("data"));
      barrier.reply("+PONG\r\n");
      scene.flight("data").land("new");
      assertThat(client.reply()).isEqualTo(bulk("new"));
    }
  }

  /** Between the message and the read it has left its channel; the last says so by itself. */
  @ParameterizedTest
  @CsvSource({
    "UNSUBSCRIBE channel, *3|$11|unsubscribe|$7|channel|:0|",
    "UNSUBSCRIBE, *3|$11|unsubscribe|$7|channel|:0|",
    "RESET, +RESET|"
  })
  void messageOfADataChange_isSeenByLaterReadsOfTheSubscriberItself(String leave, String written)
      throws IOException {
    String left = written.replace("|", "\r\n");
    String message = "*3\r\n" + bulk("message") + bulk("channel") + bulk("data");
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "data", "old");
      Exchange subscribe = subscribe(scene, client);
      scene.upstream.holdPings(true);
      subscribe.wire().push(message);
      Exchange barrier = scene.upstream.await(Role.TRACKED, "PING");
      client.send(leave.split(" ", -1));
      scene.owes(client);
      barrier.wire().push(invalidation("data"));
      scene.upstream.answerPings();
      barrier.reply("+PONG\r\n");
      assertThat(client.reply()).isEqualTo(message);
      scene.upstream.await(Role.RELAY, leave.split(" ", -1)).reply(left);
      assertThat(client.reply()).isEqualTo(left);
      client.send("GET", "data");
      scene.flight("data").land("new");
      assertThat(client.reply()).isEqualTo(bulk("new"));
    }
  }

  private static Exchange subscribe(RaceScene scene, RespClient client) throws IOException {
    client.send("SUBSCRIBE", "channel");
    Exchange subscribe = scene.upstream.await(Role.RELAY, "SUBSCRIBE", "channel");
    subscribe.reply("*3\r\n" + bulk("subscribe") + bulk("channel") + ":1\r\n");
    assertThat(client.reply()).contains("subscribe");
    return subscribe;
  }

  /** The columns: what is asked, and the raw reply, in which {@code |} stands for a line's end. */
  @ParameterizedTest
  @CsvSource({
    "BLPOP queue 0, *2|$5|queue|$4|data|",
    "BLMOVE queue done LEFT LEFT 0, $4|data|",
    "XREAD BLOCK 0 STREAMS s $, *1|*2|$1|s|*1|*2|$3|1-1|*2|$1|k|$4|data|",
    "XREAD STREAMS s 0, *1|*2|$1|s|*1|*2|$3|1-1|*2|$1|k|$4|data|",
  })
  void popOrStreamEntryBeforeItsPush_isDeliveredBehindIt(String command, String written)
      throws IOException {
    String reply = written.replace("|", "\r\n");
    try (RaceScene scene = RaceScene.start();
        RespClient worker = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(reader, "data", "old");
      worker.send(command.split(" ", -1));
      Exchange pop = scene.upstream.await(Role.RELAY, command.split(" ", -1));
      scene.upstream.holdPings(true);
      pop.reply(reply);
      Exchange barrier = scene.upstream.await(Role.TRACKED, "PING");
      scene.owes(worker);
      barrier.wire().push(invalidation("data"));
      barrier.reply("+PONG\r\n");
      assertThat(worker.reply()).isEqualTo(reply);
      scene.hold(reader, "data", "new");
    }
  }

  @Test
  void popWithoutWaiting_laterLocalReadsAwaitThePush() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient worker = scene.client()) {
      scene.hold(worker, "data", "old");
      worker.send("LPOP", "queue");
      scene.upstream.await(Role.RELAY, "LPOP", "queue").reply(bulk("data"));
      assertThat(worker.reply()).isEqualTo(bulk("data"));
      scene.upstream.holdPings(true);
      worker.send("GET", "data");
      Exchange barrier = scene.upstream.await(Role.TRACKED, "PING");
      scene.owes(worker);
      barrier.wire().push(invalidation("data"));
      barrier.reply("+PONG\r\n");
      scene.flight("data").land("new");
      assertThat(worker.reply()).isEqualTo(bulk("new"));
    }
  }

  @Test
  void barrierOfAClosedGeneration_setsEverybodyFree() throws IOException {
    try (RaceScene scene = RaceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "data", "old");
      scene.upstream.holdPings(true);
      client.send("STRLEN", "flag");
      scene.upstream.await(Role.RELAY, "STRLEN", "flag").reply(":1\r\n");
      assertThat(client.reply()).isEqualTo(":1\r\n");
      client.send("GET", "data");
      Exchange barrier = scene.upstream.await(Role.TRACKED, "PING");
      scene.upstream.refuseTracking(true);
      barrier.wire().cut();
      scene.upstream.await(Role.RELAY, "GET", "data").reply(bulk("new"));
      assertThat(client.reply()).isEqualTo(bulk("new"));
    }
  }
}
