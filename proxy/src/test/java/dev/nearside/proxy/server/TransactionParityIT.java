package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Optimistic locking, never fooled by a value that is warm in L1. */
class TransactionParityIT {
  private static final String NOT_EXECUTED = "*-1\r\n";

  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  @BeforeEach
  void warm() throws IOException {
    try (Pair pair = twins.connect()) {
      pair.call("SET", "k", "1");
      for (int i = 0; i < 3; i++) {
        pair.call("GET", "k");
      }
    }
  }

  private static String increment(Pair pair) throws IOException {
    pair.send("MULTI").send("INCR", "k").replies(2);
    return pair.call("EXEC");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET k 5",
        "SET k 1",
        "DEL k",
        "INCR k",
        "APPEND k x",
        "EXPIRE k 100",
        "PEXPIRE k -1",
        "RENAME k other",
        "FLUSHALL",
        "FLUSHDB",
        "SWAPDB 0 1",
        "MOVE k 1",
        "EVAL redis.call('SET','k','9') 0",
        "COPY k k2",
        "SET unrelated 1",
        "GET k",
        "PERSIST k",
        "SELECT 1"
      })
  void watch_keyChangedMeanwhile_decidesAsRedisDoes(String change) throws IOException {
    for (boolean throughTheSidecar : new boolean[] {true, false}) {
      warm();
      try (Pair pair = twins.connect();
          Pair other = throughTheSidecar ? twins.connect() : twins.connectElsewhere()) {
        pair.call("GET", "k");
        pair.call("WATCH", "k");
        pair.call("GET", "k");
        other.call(change.split(" ", -1));
        increment(pair);
        for (int i = 0; i < 3; i++) {
          pair.call("GET", "k");
        }
        increment(pair);
      }
    }
  }

  @Test
  void watch_thenRead_showsWhatTheUpstreamHas() throws IOException {
    try (Pair pair = twins.connect();
        Pair reader = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      for (int round = 0; round < 50; round++) {
        reader.call("GET", "k");
        elsewhere.call("SET", "k", "v" + round);
        pair.call("WATCH", "k");
        assertThat(pair.call("GET", "k")).contains("v" + round);
        pair.send("MULTI").send("SET", "k", "w" + round).send("EXEC").replies(3);
        assertThat(pair.call("GET", "k")).contains("w" + round);
      }
    }
  }

  @Test
  void watch_changeBeforeTheWatch_isNotSeenAsChange() throws IOException {
    try (Pair pair = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      elsewhere.call("SET", "k", "7");
      pair.call("WATCH", "k");
      assertThat(increment(pair)).isEqualTo("*1\r\n:8\r\n");
    }
  }

  @Test
  void watch_keyExpiresMeanwhile_decidesAsRedisDoes() throws IOException {
    try (Pair pair = twins.connect();
        Pair other = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      other.call("SET", "k", "1", "PX", "100");
      other.send("GET", "k").send("GET", "k").replies(2);
      pair.call("WATCH", "k");
      Waiting.until("it expired", () -> elsewhere.ask("EXISTS", "k").bothSay("0"));
      increment(pair);
      other.call("SET", "k", "1", "PX", "1");
      Waiting.until("it expired", () -> elsewhere.ask("EXISTS", "k").bothSay("0"));
      pair.call("WATCH", "k");
      pair.call("GET", "k");
      increment(pair);
    }
  }

  @Test
  void watch_ownChangeBeforeMulti_counts() throws IOException {
    try (Pair pair = twins.connect()) {
      pair.call("WATCH", "k");
      pair.call("SET", "k", "2");
      assertThat(increment(pair)).isEqualTo(NOT_EXECUTED);
      pair.call("WATCH", "k", "l");
      pair.call("UNWATCH");
      pair.call("SET", "k", "2");
      assertThat(increment(pair)).isEqualTo("*1\r\n:3\r\n");
      pair.call("WATCH", "k");
      pair.send("MULTI").send("DISCARD").send("SET", "k", "5").replies(3);
      assertThat(increment(pair)).isEqualTo("*1\r\n:6\r\n");
    }
  }

  @Test
  void watch_inOneDatabase_isNotFooledByAnother() throws IOException {
    try (Pair pair = twins.connect();
        Pair other = twins.connect()) {
      other.call("SELECT", "1");
      pair.call("WATCH", "k");
      other.call("SET", "k", "in 1");
      assertThat(increment(pair)).isEqualTo("*1\r\n:2\r\n");
      pair.call("WATCH", "k");
      pair.call("SELECT", "1");
      other.call("SELECT", "0");
      other.call("SET", "k", "5");
      assertThat(increment(pair)).isEqualTo(NOT_EXECUTED);
      pair.call("GET", "k");
    }
  }

  @Test
  void optimisticCounters_ofManyClients_loseNothing() throws Exception {
    int clients = 4;
    int each = 25;
    Thread[] threads = new Thread[clients];
    twins.flush();
    for (int i = 0; i < clients; i++) {
      threads[i] = Thread.ofVirtual().start(() -> countUp(each));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    try (dev.nearside.proxy.scene.RespClient client = twins.sidecar().connect()) {
      assertThat(client.call("GET", "count")).contains("\r\n" + clients * each + "\r\n");
    }
  }

  private static void countUp(int times) {
    try (dev.nearside.proxy.scene.RespClient client = twins.sidecar().connect()) {
      for (int done = 0; done < times; ) {
        client.call("WATCH", "count");
        String now = client.call("GET", "count");
        int count = now.equals("$-1\r\n") ? 0 : Integer.parseInt(now.split("\r\n", -1)[1]);
        client.call("MULTI");
        client.call("SET", "count", Integer.toString(count + 1));
        done += client.call("EXEC").equals(NOT_EXECUTED) ? 0 : 1;
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void blockingCommands_inATransaction_doNotBlock() throws IOException {
    try (Pair pair = twins.connect()) {
      pair.call("MULTI");
      for (String command :
          new String[] {
            "BLPOP q 0",
            "BRPOP q 0",
            "BLMOVE q r LEFT LEFT 0",
            "BRPOPLPUSH q r 0",
            "BZPOPMIN z 0",
            "BZPOPMAX z 0",
            "BLMPOP 0 1 q LEFT",
            "BZMPOP 0 1 z MIN",
            "XREAD BLOCK 0 STREAMS st $",
            "WAIT 1 0"
          }) {
        pair.call(command.split(" ", -1));
      }
      pair.call("EXEC");
      pair.call("GET", "k");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"NOPE", "GET", "WATCH k", "MULTI", "SUBSCRIBE", "HELLO 9", "AUTH x y", "RESET"})
  void multi_withAnErrorQueued_isDiscardedAsByRedis(String bad) throws IOException {
    try (Pair pair = twins.connect()) {
      pair.send("MULTI").send("SET", "k", "2").replies(2);
      pair.call(bad.split(" ", -1));
      pair.send("SET", "k", "3").send("EXEC").replies(2);
      pair.call("GET", "k");
    }
  }

  @Test
  void multi_clientGoneBeforeExec_changesNothing() throws IOException {
    try (Pair other = twins.connect()) {
      try (Pair pair = twins.connect()) {
        pair.send("WATCH", "k").send("MULTI").send("SET", "k", "lost").replies(3);
      }
      other.call("GET", "k");
      increment(other);
    }
  }
}
