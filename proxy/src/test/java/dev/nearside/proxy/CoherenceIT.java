package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.DelayingHop;
import dev.nearside.proxy.scene.DelayingHop.Side;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a client may rely on, with the tracked connection slower than all others: on a plain
 * loopback the races that these tests are about do not happen.
 */
@Timeout(60)
class CoherenceIT {
  private static final int SLOW_MS = 100;
  private static final String STRICT =
      "namespaces:\n  rule:\n    keys: rule:{name}\n    strict: true\n";

  @Test
  void get_changedBehindTheSidecar_isFreshOnceInvalidated() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "k", "old");
      scene.direct.call("SET", "k", "new");
      Waiting.until("the push has come", () -> client.call("GET", "k").equals(bulk("new")));
    }
  }

  @Test
  void get_underWayBeforeSelectOrHello_isAnsweredAsItWasAsked() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.direct.call("RPUSH", "k", "in 0");
      scene.direct.call("SELECT", "1");
      scene.direct.call("SET", "k", "in 1");
      client.call("CLIENT", "GETNAME"); // from here on it has a connection of its own
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      client.sendRaw("GET k\r\nSELECT 1\r\nGET k\r\nSELECT 0\r\n");
      assertThat(client.reply()).startsWith("-WRONGTYPE");
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      assertThat(client.reply()).isEqualTo(bulk("in 1"));
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      client.sendRaw("GET missing\r\nHELLO 3\r\nGET missing\r\n");
      assertThat(client.reply()).isEqualTo("$-1\r\n");
      assertThat(client.reply()).startsWith("%7");
      assertThat(client.reply()).isEqualTo("_\r\n");
    }
  }

  @Test
  void get_strictNamespaceAndSlowPush_isFreshAtOnce() throws IOException {
    try (CoherenceScene scene = new CoherenceScene(STRICT);
        RespClient client = scene.client()) {
      scene.hold(client, "rule:a", "old");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      scene.direct.call("SET", "rule:a", "new");
      assertThat(client.call("GET", "rule:a")).isEqualTo(bulk("new"));
      assertThat(client.call("MGET", "rule:a")).isEqualTo("*1\r\n" + bulk("new"));
      scene.hop.delay(Side.TRACKED, 0);
      scene.holdAsIs(client, "rule:a");
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET k new",
        "MSET other x k new",
        "GETSET k new",
        "RENAME source k",
        "COPY source k REPLACE",
        "EVAL return(redis.call('set','k','new')) 0",
        "EVAL return(redis.call('set',KEYS[1],'new')) 1 k",
      })
  void write_acknowledgedOnOneConnection_isSeenOnAnother(String write) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient reader = scene.client();
        RespClient writer = scene.client()) {
      scene.direct.call("SET", "source", "new");
      scene.hold(reader, "k", "old");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      assertThat(writer.call(write.split(" ", -1))).doesNotStartWith("-");
      assertThat(reader.call("GET", "k")).isEqualTo(bulk("new"));
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DEL k", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "RENAME k b", "MOVE k 1"})
  void removal_acknowledgedOnOneConnection_isSeenOnAnother(String removal) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient reader = scene.client();
        RespClient writer = scene.client()) {
      scene.hold(reader, "k", "old");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      assertThat(writer.call(removal.split(" ", -1))).doesNotStartWith("-");
      assertThat(reader.call("GET", "k")).isEqualTo("$-1\r\n");
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SET k new", "EVAL return(redis.call('set','k','new')) 0"})
  void exec_acknowledgedOnOneConnection_isSeenOnAnother(String write) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient reader = scene.client();
        RespClient writer = scene.client()) {
      scene.hold(reader, "k", "old");
      writer.call("MULTI");
      writer.call(write.split(" ", -1));
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      assertThat(writer.call("EXEC")).startsWith("*1");
      assertThat(reader.call("GET", "k")).isEqualTo(bulk("new"));
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SET k new", "EVAL return(redis.call('set','k','new')) 0"})
  void write_whoseReplyCannotBeToldApart_isSeenOnAnother(String write) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient reader = scene.client();
        RespClient writer = scene.client()) {
      writer.send("HELLO", "3").send("MULTI").send("SUBSCRIBE", "a", "b").send("EXEC");
      for (int i = 0; i < 5; i++) {
        writer.reply(); // the last one is not in the reply to EXEC
      }
      scene.hold(reader, "k", "old");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      assertThat(writer.call(write.split(" ", -1))).doesNotStartWith("-");
      assertThat(reader.call("GET", "k")).isEqualTo(bulk("new"));
      scene.awaitRest();
    }
  }

  @Test
  void swapdb_whoseReplyCannotBeToldApart_outlivesFillsUnderWay() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient reader = scene.client();
        RespClient writer = scene.client()) {
      writer.send("CLIENT", "REPLY", "SKIP").send("PING").send("PING");
      assertThat(writer.reply()).isEqualTo("+PONG\r\n");
      scene.hold(reader, "k", "old");
      scene.hop.delay(Side.OTHERS, SLOW_MS);
      double flushes = flushes(scene);
      writer.send("SWAPDB", "0", "1");
      Waiting.until("SWAPDB is on its way", () -> flushes(scene) > flushes);
      scene.holdAsIs(reader, "k");
      assertThat(writer.reply()).isEqualTo("+OK\r\n");
      assertThat(reader.call("GET", "k")).isEqualTo("$-1\r\n");
      scene.awaitRest();
    }
  }

  private static double flushes(CoherenceScene scene) throws IOException {
    return scene.sidecar.metric("nearside_invalidations_total{cause=\"flush\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "CLIENT REPLY SKIP\r\nPING\r\n"})
  void message_namesDataWrittenBefore_dataIsThere(String before) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient subscriber = scene.client();
        RespClient reader = scene.client()) {
      subscriber.sendRaw(before);
      subscriber.call("SUBSCRIBE", "channel");
      scene.hold(reader, "k", "old");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      scene.direct.call("SET", "k", "new");
      scene.direct.call("PUBLISH", "channel", "k");
      assertThat(subscriber.reply()).contains("message");
      assertThat(reader.call("GET", "k")).isEqualTo(bulk("new"));
      scene.awaitRest();
    }
  }

  @Test
  void blockingPop_namesDataWrittenBefore_dataIsThere() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient worker = scene.client();
        RespClient reader = scene.client()) {
      scene.hold(reader, "job", "old");
      worker.send("BLPOP", "queue", "0");
      Waiting.until(
          "the worker waits",
          () -> scene.direct.call("INFO", "clients").contains("blocked_clients:1"));
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      scene.direct.call("SET", "job", "new");
      scene.direct.call("LPUSH", "queue", "job");
      assertThat(worker.reply()).contains("job");
      assertThat(reader.call("GET", "job")).isEqualTo(bulk("new"));
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"STRLEN flag", "LPOP queue", "INCR counter", "SET lock me NX"})
  void informativeReply_thenLocalRead_isAsNewAsTheReply(String first) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.hold(client, "data", "old");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      scene.direct.call("SET", "data", "new");
      scene.direct.call("SET", "flag", "up");
      scene.direct.call("LPUSH", "queue", "data");
      client.call(first.split(" ", -1));
      assertThat(client.call("GET", "data")).isEqualTo(bulk("new"));
      assertThat(client.call("MGET", "data")).isEqualTo("*1\r\n" + bulk("new"));
      scene.awaitRest();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"STRLEN k", "GETRANGE k 0 -1", "EXISTS k", "TTL k", "DUMP k"})
  void relayedRead_thatShowedTheNewState_noOlderLocalReadElsewhere(String read) throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient first = scene.client();
        RespClient second = scene.client()) {
      scene.hold(second, "k", "old");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      scene.direct.call("SET", "k", "newer", "EX", "1000");
      first.call(read.split(" ", -1));
      assertThat(second.call("GET", "k")).isEqualTo(bulk("newer"));
      scene.awaitRest();
    }
  }

  @Test
  void getInTransaction_thatShowedTheNewState_noOlderLocalReadElsewhere() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient first = scene.client();
        RespClient second = scene.client()) {
      scene.hold(second, "k", "old");
      first.call("MULTI");
      first.call("GET", "k");
      scene.hop.delay(Side.TRACKED, SLOW_MS);
      scene.direct.call("SET", "k", "new");
      assertThat(first.call("EXEC")).contains("new");
      assertThat(second.call("GET", "k")).isEqualTo(bulk("new"));
      scene.awaitRest();
    }
  }

  @Test
  void mget_keysChangedTogether_isOneSnapshot() throws Exception {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.direct.call("MSET", "a", "0", "b", "0");
      AtomicBoolean enough = new AtomicBoolean();
      Thread writer = Thread.ofVirtual().start(() -> writePairs(scene, enough));
      for (int round = 0; round < 300; round++) {
        client.call("GET", "a");
        client.call("GET", "b");
        String[] both = client.call("MGET", "a", "b").split("\r\n", -1);
        assertThat(both[2]).isEqualTo(both[4]);
      }
      enough.set(true);
      writer.join();
      scene.direct.call("MGET", "a", "b"); // so that it is among the counts
      scene.holdAsIs(client, "a");
      scene.holdAsIs(client, "b");
      String before =
          scene.direct.call("INFO", "commandstats").replaceAll("(?s).*cmdstat_mget:|,.*", "");
      client.call("MGET", "a", "b");
      assertThat(scene.direct.call("INFO", "commandstats"))
          .contains("cmdstat_mget:" + before + ",");
    }
  }

  private static void writePairs(CoherenceScene scene, AtomicBoolean enough) {
    try (RespClient writer = RespClient.connect(scene.redis.port())) {
      for (int i = 1; !enough.get(); i++) {
        writer.call("MSET", "a", "" + i, "b", "" + i);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void read_byAPipe_isNotShownBeforeL1KnowsWhatItShows() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start("coherence.max-staleness=10s");
        RespClient pipe = scene.client();
        RespClient other = scene.client()) {
      pipe.send("CLIENT", "REPLY", "OFF").send("CLIENT", "REPLY", "ON");
      assertThat(pipe.reply()).isEqualTo("+OK\r\n");
      scene.direct.call("SET", "k", "old");
      scene.hop.delay(DelayingHop.Side.OTHERS, 700);
      pipe.send("GET", "k");
      scene.hold(other, "k", "old");
      scene.hop.delay(DelayingHop.Side.TRACKED, 2_000);
      scene.direct.call("SET", "k", "new");
      assertThat(pipe.reply()).isEqualTo(CoherenceScene.bulk("new"));
      assertThat(other.call("GET", "k")).isEqualTo(CoherenceScene.bulk("new"));
    }
  }

  @Test
  void unknownCommand_refused_leavesL1AsItIs() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client();
        RespClient other = scene.client()) {
      scene.hold(client, "k", "v");
      assertThat(other.call("FOO.BAR")).startsWith("-ERR unknown command");
      double before = scene.localGets();
      client.call("GET", "k");
      assertThat(scene.localGets() - before).isEqualTo(1);
    }
  }

  @Test
  void writeOfManyKeys_sentSlowly_keepsNobodyFromL1() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient slow = scene.client();
        RespClient other = scene.client()) {
      scene.hold(other, "k", "v");
      String large = "x".repeat(100_000);
      slow.sendRaw("*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$100000\r\n" + large + "\r\n");
      Waiting.until(
          "it is under way",
          () -> scene.sidecar.metric("nearside_upstream_connections{kind=\"pinned\"}") == 1);
      double before = scene.localGets();
      other.call("GET", "k");
      other.call("GET", "k");
      assertThat(scene.localGets() - before).isEqualTo(2);
      slow.sendRaw("$1\r\nk\r\n$3\r\nnew\r\n");
      assertThat(slow.reply()).isEqualTo("+OK\r\n");
      assertThat(other.call("GET", "k")).isEqualTo(CoherenceScene.bulk("new"));
      scene.awaitRest();
    }
  }

  @Test
  void flight_failedBeforeALongReply_isAnswered() throws IOException {
    try (CoherenceScene scene = CoherenceScene.start();
        RespClient client = scene.client()) {
      scene.direct.call("RPUSH", "list", "x");
      scene.direct.call("SETRANGE", "big", "8000000", "x");
      for (String state : new String[] {"PING", "CLIENT ID"}) {
        client.call(state.split(" ", -1));
        scene.hop.delay(DelayingHop.Side.TRACKED, 300);
        client.send("GET", "list").send("GETRANGE", "big", "0", "-1");
        assertThat(client.reply()).startsWith("-WRONGTYPE");
        assertThat(client.reply()).hasSizeGreaterThan(8_000_000);
        scene.hop.delay(DelayingHop.Side.TRACKED, 0);
      }
    }
  }
}
