package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins.Pair;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a connection is and waits for: the same through the sidecar as at Redis, byte for byte. */
class SessionParityIT {
  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  private static void warm(Pair pair, String key) throws IOException {
    pair.call("SET", key, "value of " + key);
    for (int i = 0; i < 3; i++) {
      pair.call("GET", key);
    }
  }

  @Test
  void hello_switchedWithinAPipeline_repliesInTheProtocolOfTheMoment() throws IOException {
    try (Pair pair = twins.connect()) {
      pair.call("HSET", "h", "f", "v");
      for (int round = 0; round < 3; round++) {
        pair.send("GET", "none").send("HELLO", "3").send("GET", "none").send("HGETALL", "h");
        pair.send("HELLO", "9").send("GET", "none").send("HELLO").send("HELLO", "2");
        pair.send("GET", "none").send("HGETALL", "h").send("MGET", "none", "h");
        for (int i = 0; i < 11; i++) {
          pair.reply(Masks::hello);
        }
      }
    }
  }

  @Test
  void stateChanges_behindReadsThatFail_leaveThemAsTheyWere() throws IOException {
    for (int round = 0; round < 30; round++) {
      try (Pair pair = twins.connect();
          Pair other = twins.connect()) {
        String list = "list" + round;
        pair.call("RPUSH", list, "x");
        pair.call("CLIENT", "GETNAME"); // pins it
        pair.send("GET", list).send("MULTI").send("PING").send("EXEC").replies(4);
        pair.send("GET", list + "b").send("BLPOP", list + "b", "0.01").replies(2);
        other.call("RPUSH", list, "y");
        pair.send("GET", list).send("SUBSCRIBE", "a").send("UNSUBSCRIBE", "a").replies(3);
        other.call("RPUSH", list, "z");
        pair.send("GET", list).send("QUIT").replies(2);
        pair.assertClosed();
      }
    }
  }

  @Test
  void multi_pipelinedBehindTheLastUnsubscribe_isATransaction() throws IOException {
    try (Pair pair = twins.connect()) {
      warm(pair, "k");
      for (int round = 0; round < 10; round++) {
        pair.sendRaw("SUBSCRIBE a\r\nMULTI\r\nUNSUBSCRIBE\r\nMULTI\r\n").replies(4);
        pair.send("GET", "k").send("EXEC").replies(2);
        pair.call("GET", "k");
      }
    }
  }

  @Test
  void exec_ofWrongArity_endsTheTransaction() throws IOException {
    try (Pair pair = twins.connect()) {
      warm(pair, "a");
      pair.send("MULTI").send("SET", "a", "1").send("EXEC", "now").send("SET", "b", "2");
      pair.send("INCR", "c").send("EXEC").send("GET", "a").send("GET", "b").replies(8);
      assertThat(twins.sidecar().metric("nearside_fences_up")).isZero();
      pair.send("MULTI").send("EXEC", "now").replies(2);
      for (int i = 0; i < 3; i++) {
        pair.call("GET", "a");
      }
      double before = localReads();
      pair.call("GET", "a");
      assertThat(localReads()).isGreaterThan(before);
    }
  }

  private static double localReads() throws IOException {
    return twins.sidecar().metric("nearside_requests_total{way=\"local\",command=\"get\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-", "\n", "p\r\n", "s:1\r\n"})
  void subscribe_veryLongNames_staysSubscribed(String piece) throws IOException {
    String name = piece.repeat(60_000 / piece.length());
    try (Pair subscriber = twins.connect(2);
        Pair publisher = twins.connect(2)) {
      subscriber.send("SUBSCRIBE", name, "short", name + "2").replies(3);
      publisher.call("PUBLISH", "short", "first");
      subscriber.reply();
      subscriber.call("PING");
      publisher.call("PUBLISH", name + "2", "second");
      subscriber.reply();
      subscriber.call("UNSUBSCRIBE", "short");
      publisher.call("PUBLISH", name, "third");
      subscriber.reply();
      subscriber.call("PING", "still");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void subscribe_manyKinds_areConfirmedAndServed(int protocol) throws IOException {
    try (Pair subscriber = twins.connect(protocol);
        Pair publisher = twins.connect(protocol)) {
      warm(publisher, "k");
      subscriber.send("SUBSCRIBE", "a", "b", "a").replies(3);
      subscriber.send("PSUBSCRIBE", "a*", "z?").replies(2);
      subscriber.send("SSUBSCRIBE", "s1", "s2").replies(2);
      publisher.call("PUBLISH", "a", "first");
      subscriber.replies(2);
      publisher.call("SPUBLISH", "s1", "sharded");
      subscriber.reply();
      subscriber.call("PING");
      subscriber.call("PING", "hello");
      subscriber.call("GET", "k");
      subscriber.call("SET", "k", "x");
      subscriber.call("MULTI");
      subscriber.call("NOPE");
      if (protocol == 3) {
        subscriber.call("DISCARD");
      }
      subscriber.send("UNSUBSCRIBE", "b", "none").replies(2);
      subscriber.call("SUNSUBSCRIBE", "s2");
      subscriber.send("UNSUBSCRIBE").replies(1);
      subscriber.call("SUBSCRIBE", "c");
      subscriber.send("PUNSUBSCRIBE").reply(SessionParityIT::withoutChannel); // in any order
      subscriber.reply(SessionParityIT::withoutChannel);
      subscriber.call("UNSUBSCRIBE");
      subscriber.send("SUNSUBSCRIBE").replies(1);
      subscriber.send("UNSUBSCRIBE").replies(1);
      subscriber.send("PUNSUBSCRIBE").replies(1);
      for (int i = 0; i < 3; i++) {
        subscriber.call("GET", "k");
      }
      publisher.call("PUBLISH", "a", "nobody");
    }
  }

  private static String withoutChannel(String confirmation) {
    return confirmation.replaceAll("\\$\\d\r\n(a\\*|z\\?)\r\n", "#");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void subscribe_inAPipelineBetweenGets_keepsTheOrder(int protocol) throws IOException {
    try (Pair pair = twins.connect(protocol)) {
      warm(pair, "k");
      pair.send("GET", "k").send("SUBSCRIBE", "a", "b").send("GET", "k").send("UNSUBSCRIBE", "b");
      pair.replies(5);
      pair.send("UNSUBSCRIBE");
      pair.send("GET", "k").send("SUBSCRIBE").send("GET", "k").send("UNSUBSCRIBE", "x");
      pair.replies(5);
      pair.call("GET", "k");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void publish_toOneself_arrivesWhereRedisPutsIt(int protocol) throws IOException {
    try (Pair pair = twins.connect(protocol)) {
      pair.call("SUBSCRIBE", "a");
      if (protocol == 3) {
        pair.send("PUBLISH", "a", "1").send("GET", "k").send("PUBLISH", "a", "2").replies(5);
      }
      pair.send("UNSUBSCRIBE").send("PUBLISH", "a", "3").replies(2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void subscribe_inATransaction_isQueued(int protocol) throws IOException {
    try (Pair pair = twins.connect(protocol);
        Pair other = twins.connect()) {
      warm(other, "k");
      pair.send("MULTI").send("SUBSCRIBE", "a", "b").send("GET", "k").send("EXEC").send("PING");
      pair.replies(4);
      pair.replies(2); // one channel's confirmation and the GET are no elements of EXEC's reply
      other.call("PUBLISH", "a", "x");
      pair.reply();
      pair.send("UNSUBSCRIBE", "a").send("UNSUBSCRIBE").replies(2);
      for (int i = 0; i < 3; i++) {
        pair.call("GET", "k");
        other.call("SET", "k", "value " + i);
      }
      pair.call("SET", "large", "x".repeat(100_000));
      pair.call("STRLEN", "large");
      pair.call("RESET");
      pair.call("PING");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void blpop_inAPipelineBeforeAGet_holdsTheGetBack(int protocol) throws IOException {
    try (Pair pair = twins.connect(protocol);
        Pair other = twins.connect()) {
      for (int round = 0; round < 3; round++) {
        warm(pair, "k");
        pair.send("GET", "k").send("BLPOP", "q", "0").send("GET", "k").send("INCR", "n");
        pair.reply();
        other.call("SET", "k", "changed");
        other.call("RPUSH", "q", "job");
        assertThat(pair.replies(3).get(1)).contains("changed");
        pair.call("BLPOP", "q", "0.01");
        pair.call("BRPOPLPUSH", "q", "q2", "0.01");
        pair.call("BZPOPMIN", "z", "0.01");
        pair.call("BLMPOP", "0.01", "1", "q", "LEFT");
        pair.call("XREAD", "BLOCK", "10", "STREAMS", "st", "$");
        pair.call("BLPOP", "q", "-1");
        pair.call("BLPOP", "k", "0.01");
      }
    }
  }

  @Test
  void clientReply_off_saysNothingUntilOn() throws IOException {
    try (Pair pair = twins.connect()) {
      warm(pair, "k");
      pair.call("CLIENT", "REPLY", "ON");
      pair.call("GET", "k");
      pair.send("GET", "k").send("CLIENT", "REPLY", "SKIP").send("SET", "k", "2").send("GET", "k");
      pair.replies(2);
      pair.send("CLIENT", "REPLY", "OFF").send("INCR", "n").send("GET", "k").send("NOPE");
      pair.send("CLIENT", "REPLY", "ON").send("GET", "n").send("PING").replies(3);
      pair.call("CLIENT", "REPLY", "NOPE");
      pair.call("GET", "k");
      pair.send("CLIENT", "REPLY", "OFF").send("INCR", "n").shutdownOutput();
      pair.assertClosed();
    }
  }

  @Test
  void clientReply_offThenEndOfInput_closesWithoutAWord() throws IOException {
    try (Pair pair = twins.connect()) {
      pair.send("CLIENT", "REPLY", "OFF").send("SET", "k", "1").shutdownOutput();
      pair.assertClosed();
    }
  }

  @Test
  void clientTracking_byTheClient_getsItsPushes() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect()) {
      warm(pair, "k");
      pair.call("CLIENT", "TRACKING", "ON");
      pair.call("GET", "k");
      other.call("SET", "k", "2");
      assertThat(pair.reply()).startsWith(">2").contains("invalidate");
      pair.call("GET", "k");
      pair.send("SET", "k", "3").send("GET", "k").replies(3);
      pair.call("CLIENT", "CACHING", "YES");
      pair.call("CLIENT", "TRACKINGINFO");
      pair.call("CLIENT", "GETREDIR");
      other.call("FLUSHALL");
      pair.reply();
      pair.call("CLIENT", "TRACKING", "OFF");
      pair.call("GET", "k");
    }
  }

  @Test
  void client_aboutItself_differsInNumbersOnly() throws IOException {
    try (Pair pair = twins.connect()) {
      pair.call("CLIENT", "SETNAME", "me");
      pair.send("CLIENT", "ID").reply(Masks::integers);
      pair.call("CLIENT", "GETNAME");
      assertThat(pair.send("CLIENT", "INFO").reply(SessionParityIT::onlyStable))
          .contains("name=me");
      pair.send("CLIENT", "LIST", "ID", "99999").reply();
      pair.call("CLIENT", "KILL", "ID", "99999");
      pair.call("CLIENT", "NO-EVICT", "ON");
      pair.call("CLIENT", "UNBLOCK", "99999");
    }
  }

  private static String onlyStable(String info) {
    StringBuilder kept = new StringBuilder();
    for (String field : info.split(" ", -1)) {
      if (field.startsWith("name=")
          || field.startsWith("db=")
          || field.startsWith("user=")
          || field.startsWith("resp=")
          || field.startsWith("multi=")
          || field.startsWith("flags=")) {
        kept.append(field).append(' ');
      }
    }
    return kept.toString();
  }

  @Test
  void auth_asAnotherUser_isThatUser() throws IOException {
    try (Pair admin = twins.connect();
        Pair pair = twins.connect()) {
      admin.call("ACL", "SETUSER", "bob", "on", ">pw", "~b*", "+@all", "-incr");
      warm(admin, "b1");
      warm(admin, "secret");
      for (int i = 0; i < 2; i++) {
        pair.call("GET", "secret");
      }
      pair.call("AUTH", "bob", "wrong");
      pair.call("GET", "secret");
      pair.call("AUTH", "bob", "pw");
      for (int i = 0; i < 3; i++) {
        pair.call("GET", "b1");
        assertThat(pair.call("GET", "secret")).startsWith("-NOPERM");
        assertThat(pair.call("MGET", "b1", "secret")).startsWith("-NOPERM");
      }
      pair.call("INCR", "b2");
      pair.call("ACL", "WHOAMI");
      pair.send("HELLO", "3", "AUTH", "bob", "pw", "SETNAME", "x").reply(Masks::hello);
      pair.call("CLIENT", "GETNAME");
      pair.call("RESET");
      pair.call("ACL", "WHOAMI");
      pair.call("CLIENT", "GETNAME");
      pair.call("GET", "secret");
      admin.call("ACL", "DELUSER", "bob");
    }
  }

  @Test
  void reset_afterEverything_isAFreshConnection() throws IOException {
    try (Pair pair = twins.connect()) {
      warm(pair, "k");
      for (int round = 0; round < 2; round++) {
        pair.send("HELLO", "3").reply(Masks::hello);
        pair.send("SUBSCRIBE", "a", "b").replies(2);
        pair.call("CLIENT", "TRACKING", "ON");
        pair.call("SELECT", "2");
        pair.call("WATCH", "k");
        pair.call("MULTI");
        pair.call("RESET");
        pair.call("GET", "k");
        pair.call("EXEC");
        pair.call("UNSUBSCRIBE");
        pair.send("SUBSCRIBE", "a").replies(1);
        pair.call("UNSUBSCRIBE");
        pair.call("GET", "none");
      }
      pair.send("GET", "k").send("RESET").send("GET", "k").send("RESET", "x").send("PING");
      pair.replies(5);
    }
  }

  @Test
  void reset_pipelinedBeforeClientReply_isAnsweredAlone() throws IOException {
    try (Pair pair = twins.connect()) {
      warm(pair, "k");
      for (int round = 0; round < 5; round++) {
        pair.send("CLIENT", "ID").reply(Masks::integers);
        pair.send("RESET").send("CLIENT", "REPLY", "SKIP").send("INCR", "n").send("GET", "k");
        pair.replies(2);
        pair.call("GET", "n");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"MULTI;RESET", "SUBSCRIBE a;UNSUBSCRIBE a;MULTI;PING", "MULTI;PING"})
  void swapdb_afterClientReplyAnd_isNoticed(String before) throws IOException {
    try (Pair pair = twins.connect();
        Pair reader = twins.connect()) {
      pair.send("CLIENT", "REPLY", "SKIP").send("PING").send("PING").replies(1);
      warm(reader, "k");
      for (String request : before.split(";", -1)) {
        pair.call(request.split(" ", -1));
      }
      pair.call("SWAPDB", "0", "1");
      for (int i = 0; i < 3; i++) {
        reader.call("GET", "k");
      }
      pair.call("EXEC");
      reader.call("GET", "k");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "MULTI", "WATCH k", "SUBSCRIBE a", "CLIENT ID", "SELECT 1"})
  void quit_inAnyState_isAnsweredAndEndsTheConnection(String before) throws IOException {
    try (Pair pair = twins.connect()) {
      if (!before.isEmpty()) {
        pair.send(before.split(" ", -1))
            .reply(before.equals("CLIENT ID") ? Masks::integers : Masks::hello);
      }
      pair.send("PING").send("QUIT").send("PING").replies(2);
      pair.assertClosed();
    }
  }

  @Test
  void select_thenPinned_staysInThatDatabase() throws IOException {
    try (Pair pair = twins.connect()) {
      pair.call("SET", "k", "in 0");
      pair.call("SELECT", "5");
      pair.call("SET", "k", "in 5");
      pair.call("GET", "k");
      pair.call("WATCH", "k");
      pair.call("GET", "k");
      pair.call("SELECT", "0");
      pair.call("GET", "k");
      pair.call("UNWATCH");
      for (int i = 0; i < 3; i++) {
        pair.call("GET", "k");
        pair.call("SELECT", i == 1 ? "5" : "0");
      }
      pair.send("SELECT", "5").send("GET", "k").send("SELECT", "0").send("GET", "k").replies(4);
    }
  }

  @Test
  void monitor_showsCommands_andQuitEndsIt() throws IOException {
    try (Pair monitor = twins.connect();
        Pair other = twins.connect()) {
      monitor.call("MONITOR");
      other.call("SET", "k", "a \"b\" \n");
      other.call("ECHO", "seen");
      String set = monitor.reply(SessionParityIT::withoutOrigin);
      assertThat(set).contains("\"SET\" \"k\"");
      assertThat(monitor.reply(SessionParityIT::withoutOrigin)).contains("seen");
      monitor.send("QUIT");
    }
  }

  private static String withoutOrigin(String line) {
    return line.replaceAll("^\\+[0-9.]+ \\[\\d+ [0-9.:]+\\]", "+# [#]");
  }

  @Test
  void inline_commandsAndEmptyArrays_areUnderstood() throws IOException {
    try (Pair pair = twins.connect()) {
      for (int round = 0; round < 3; round++) {
        pair.sendRaw("SET k 'a b'\r\nGET k\r\n\r\n*0\r\n*-1\r\nGET k\n  get \"k\"  \r\nPING\r\n");
        pair.replies(5);
        pair.sendRaw("GET\r\nNOPE\r\nMGET k k\r\nEXEC\r\nMULTI\r\nGET k\r\nEXEC\r\n").replies(7);
      }
      pair.sendRaw("QUIT\r\n").reply();
      pair.assertClosed();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void pipeline_ofThousandMixedCommands_keepsTheOrder(int protocol) throws IOException {
    try (Pair pair = twins.connect(protocol)) {
      warm(pair, "hot");
      for (int round = 0; round < 2; round++) {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
          requests.append(
              switch (i % 10) {
                case 0 -> "INCR n\r\n";
                case 3 -> "SET k" + i + " v" + i + "\r\n";
                case 5 -> "GET k" + (i - 2) + "\r\n";
                case 7 -> "HSET h f" + i + " 1\r\n";
                case 8 -> "MGET hot none k3\r\n";
                case 9 ->
                    i % 100 == 99 ? "EVAL \"return redis.call('GET','n')\" 0\r\n" : "NOPE\r\n";
                default -> "GET hot\r\n";
              });
        }
        pair.sendRaw(requests.toString()).replies(1000);
      }
    }
  }
}
