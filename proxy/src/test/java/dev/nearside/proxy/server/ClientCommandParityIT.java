package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Twins.Told;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients do to themselves and to each other by CLIENT: the same through the sidecar. */
class ClientCommandParityIT {
  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  /** Who is postponed by CLIENT PAUSE is not counted as blocked, but shown as such. */
  private static void awaitHeld(String command) throws IOException {
    Pattern held = Pattern.compile(" flags=b .* cmd=" + command + " ");
    try (Pair elsewhere = twins.connectElsewhere()) {
      Waiting.until(
          command + " is held at both servers",
          () -> {
            Told list = elsewhere.ask("CLIENT", "LIST");
            return held.matcher(list.direct()).find() && held.matcher(list.through()).find();
          });
    }
  }

  @Test
  void reply_skip_leavesOutExactlyOne() throws IOException {
    try (Pair pair = twins.connect()) {
      for (int round = 0; round < 3; round++) {
        pair.send("CLIENT", "REPLY", "SKIP").send("SET", "k", "1").send("GET", "k");
        pair.send("CLIENT", "REPLY", "SKIP").send("NOPE").send("CLIENT", "REPLY", "SKIP");
        pair.send("GET", "k").send("GET", "k").send("PING").replies(3);
      }
    }
  }

  @Test
  void reply_off_pushesAndErrorsStaySilentToo() throws IOException {
    try (Pair pair = twins.connect();
        Pair other = twins.connect()) {
      pair.send("HELLO", "3").reply(Masks::hello);
      pair.call("SUBSCRIBE", "a");
      pair.send("CLIENT", "REPLY", "OFF").send("NOPE").send("SET", "k", "1");
      Waiting.until("it was executed", () -> other.ask("GET", "k").bothSay("1"));
      other.call("PUBLISH", "a", "unheard or heard, as by Redis");
      pair.send("CLIENT", "REPLY", "ON").send("GET", "k").replies(2);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"SET k 2", "EVAL redis.call('SET','k','2') 0", "PUBLISH a b", "PFCOUNT k"})
  void pauseWrite_holdsAWriterUntilUnpause(String write) throws IOException {
    String[] request = write.split(" ", -1);
    try (Pair admin = twins.connect();
        Pair writer = twins.connect();
        Pair reader = twins.connect()) {
      reader.call("SET", "k", "1");
      admin.call("CLIENT", "PAUSE", "10000", "WRITE");
      reader.call("GET", "k");
      reader.call("GET", "none");
      reader.call("EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "k");
      writer.send(request);
      awaitHeld(request[0].toLowerCase(Locale.ROOT));
      assertThat(writer.hasReply()).isFalse();
      admin.call("CLIENT", "UNPAUSE");
      writer.reply();
      reader.call("GET", "k");
    }
  }

  @Test
  void pauseAll_endsByItself_andNothingIsLost() throws IOException {
    try (Pair admin = twins.connect();
        Pair writer = twins.connect();
        Pair reader = twins.connect()) {
      writer.call("SET", "n", "1");
      admin.send("CLIENT", "PAUSE", "50", "ALL").send("CLIENT", "UNPAUSE");
      writer.send("INCR", "n");
      reader.send("STRLEN", "n").send("PING");
      admin.replies(2);
      writer.reply();
      reader.replies(2);
      assertThat(reader.call("GET", "n")).contains("2");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CLIENT KILL ID {}",
        "CLIENT KILL ID {} TYPE normal",
        "CLIENT KILL ID {} SKIPME no USER default"
      })
  void kill_another_closesItAtOnce(String kill) throws IOException {
    try (Pair admin = twins.connect();
        Pair victim = twins.connect()) {
      Told id = victim.ask("CLIENT", "ID");
      admin.sendEach(id, kill.split(" ", -1)).reply();
      victim.assertClosed();
      admin.sendEach(id, "CLIENT", "LIST", "ID", "{}").reply();
    }
  }

  @Test
  void kill_oneself_isAnsweredAndEnds() throws IOException {
    try (Pair pair = twins.connect()) {
      Told id = pair.ask("CLIENT", "ID");
      pair.sendEach(id, "CLIENT", "KILL", "ID", "{}").reply();
      pair.call("PING");
      pair.sendEach(id, "CLIENT", "KILL", "ID", "{}", "SKIPME", "no").reply();
      pair.assertClosed();
    }
  }

  @Test
  void kill_byAddress_findsTheClientOfThatAddress() throws IOException {
    try (Pair admin = twins.connect();
        Pair victim = twins.connect()) {
      Told info = victim.ask("CLIENT", "INFO");
      Told address = new Told(address(info.direct()), address(info.through()));
      admin.sendEach(address, "CLIENT", "KILL", "{}").reply();
      victim.assertClosed();
      admin.sendEach(address, "CLIENT", "KILL", "{}").reply();
      admin.sendEach(address, "CLIENT", "KILL", "ADDR", "{}").reply();
    }
  }

  private static String address(String info) {
    int start = info.indexOf(" addr=") + " addr=".length();
    return info.substring(start, info.indexOf(' ', start));
  }

  @Test
  void kill_subscribers_endsThemAndNobodyElse() throws IOException {
    try (Pair admin = twins.connect();
        Pair subscriber = twins.connect();
        Pair bystander = twins.connect()) {
      subscriber.call("SUBSCRIBE", "a");
      bystander.call("MULTI");
      Told killed = admin.ask("CLIENT", "KILL", "TYPE", "pubsub");
      assertThat(killed).as("the sidecar's own is one more").isEqualTo(new Told("1", "2"));
      subscriber.assertClosed();
      bystander.call("EXEC");
      admin.call("GET", "k");
    }
  }

  @Test
  void kill_blockedClient_endsItsWait() throws IOException {
    try (Pair admin = twins.connect();
        Pair victim = twins.connect()) {
      Told id = victim.ask("CLIENT", "ID");
      victim.send("BLPOP", "q", "0");
      twins.awaitBlocked(1);
      admin.sendEach(id, "CLIENT", "KILL", "ID", "{}").reply();
      victim.assertClosed();
      admin.call("RPUSH", "q", "kept");
      admin.call("LLEN", "q");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"CLIENT UNBLOCK {}", "CLIENT UNBLOCK {} TIMEOUT", "CLIENT UNBLOCK {} ERROR"})
  void unblock_endsTheWait(String unblock) throws IOException {
    String[] waits = {
      "BLPOP q 0", "BZPOPMIN z 0", "XREAD BLOCK 0 STREAMS st $", "BLMOVE q r LEFT LEFT 0",
    };
    try (Pair admin = twins.connect();
        Pair waiter = twins.connect()) {
      Told id = waiter.ask("CLIENT", "ID");
      admin.sendEach(id, unblock.split(" ", -1)).reply();
      for (String wait : waits) {
        waiter.send(wait.split(" ", -1)).send("PING");
        twins.awaitBlocked(1);
        admin.sendEach(id, unblock.split(" ", -1)).reply();
        waiter.replies(2);
      }
    }
  }

  @Test
  void list_andInfo_showEachClientAsItIs() throws IOException {
    try (Pair pair = twins.connect();
        Pair other = twins.connect()) {
      pair.send("HELLO", "3", "SETNAME", "me").reply(Masks::hello);
      pair.call("SELECT", "3");
      pair.send("CLIENT", "INFO").reply(Masks::clientInfo);
      pair.send("SUBSCRIBE", "a", "b").send("PSUBSCRIBE", "c*").replies(3);
      pair.send("CLIENT", "INFO").reply(Masks::clientInfo);
      Told id = pair.ask("CLIENT", "ID");
      pair.send("MULTI").send("GET", "k").replies(2);
      other.sendEach(id, "CLIENT", "LIST", "ID", "{}").reply(Masks::clientInfo);
      pair.send("CLIENT", "INFO").send("EXEC").replies(1);
      pair.reply(Masks::clientInfo);
      pair.call("CLIENT", "TRACKING", "ON", "BCAST", "NOLOOP");
      pair.call("CLIENT", "NO-EVICT", "ON");
      assertThat(pair.send("CLIENT", "INFO").reply(Masks::clientInfo)).contains("name=me", "db=3");
      pair.call("CLIENT", "GETREDIR");
      pair.call("CLIENT", "TRACKINGINFO");
    }
  }

  /** The read of a list fails as a flight, and is relayed while the write is held. */
  @Test
  void pauseWrite_readBehindAWriteThatIsHeld_staysBehindIt() throws IOException {
    try (Pair admin = twins.connectElsewhere();
        Pair other = twins.connect();
        Pair pair = twins.connect()) {
      for (int round = 0; round < 5; round++) {
        pair.call("DEL", "a", "list");
        pair.call("RPUSH", "list", "x");
        pair.call("GET", "list");
        admin.call("CLIENT", "PAUSE", "100000", "WRITE");
        pair.send("GET", "list").send("SET", "a", "12345");
        awaitHeld("set");
        pair.send("STRLEN", "a");
        other.call("STRLEN", "b"); // behind what would be too early
        admin.call("CLIENT", "UNPAUSE");
        pair.replies(3);
      }
    }
  }
}
