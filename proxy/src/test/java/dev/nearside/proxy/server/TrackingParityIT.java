package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Twins.Told;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A client that keeps a cache of its own gets Redis's own tracking, in every mode. */
class TrackingParityIT {
  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  @BeforeEach
  void warm() throws IOException {
    try (Pair pair = twins.connect()) {
      for (String key : new String[] {"k", "l", "user:1", "item:1"}) {
        pair.call("SET", key, "1");
        for (int i = 0; i < 3; i++) {
          pair.call("GET", key);
        }
      }
    }
  }

  private static void assertInvalidated(Pair pair, String key) throws IOException {
    assertThat(pair.reply()).startsWith(">2").contains("invalidate", "\r\n" + key + "\r\n");
  }

  /** Whatever is pushed by now would come before this reply. */
  private static void assertQuiet(Pair pair) throws IOException {
    assertThat(pair.call("PING", "quiet")).contains("quiet");
  }

  @Test
  void default_readKeys_areInvalidatedOnce() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      pair.call("CLIENT", "TRACKING", "ON");
      pair.call("GET", "k");
      other.call("SET", "k", "2");
      assertInvalidated(pair, "k");
      other.call("SET", "k", "3");
      assertQuiet(pair);
      pair.call("MGET", "k", "l", "none");
      elsewhere.call("SET", "k", "4");
      assertInvalidated(pair, "k");
      elsewhere.call("SET", "none", "now");
      assertInvalidated(pair, "none");
      other.call("EVAL", "return redis.call('DEL', 'l')", "0");
      assertInvalidated(pair, "l");
      pair.call("HGET", "h", "f");
      other.call("HSET", "h", "f", "1");
      assertInvalidated(pair, "h");
      assertQuiet(pair);
    }
  }

  @Test
  void default_ownWrites_areToldBehindTheirReply() throws IOException {
    try (Pair pair = twins.connect(3)) {
      pair.call("CLIENT", "TRACKING", "ON");
      for (int round = 0; round < 3; round++) {
        pair.send("GET", "k").send("SET", "k", "2").send("GET", "k").send("INCR", "k").replies(6);
        pair.send("MULTI").send("GET", "k").send("SET", "k", "5").send("EXEC").replies(5);
      }
      assertQuiet(pair);
    }
  }

  @Test
  void default_keyExpires_isTold() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect()) {
      pair.call("CLIENT", "TRACKING", "ON");
      other.call("SET", "k", "brief", "PX", "20");
      pair.call("GET", "k");
      assertInvalidated(pair, "k");
    }
  }

  @Test
  void noloop_ownWrites_areNotTold() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect()) {
      pair.call("CLIENT", "TRACKING", "ON", "NOLOOP");
      pair.call("GET", "k");
      pair.call("SET", "k", "2");
      assertQuiet(pair);
      pair.call("GET", "k");
      other.call("SET", "k", "3");
      assertInvalidated(pair, "k");
      pair.call("CLIENT", "TRACKINGINFO");
    }
  }

  @Test
  void optin_onlyWhatFollowsCachingYes_isTracked() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect()) {
      pair.call("CLIENT", "CACHING", "YES");
      pair.call("CLIENT", "TRACKING", "ON", "OPTIN");
      pair.call("CLIENT", "CACHING", "NO");
      pair.call("GET", "k");
      other.call("SET", "k", "2");
      assertQuiet(pair);
      pair.call("CLIENT", "CACHING", "YES");
      pair.call("CLIENT", "TRACKINGINFO");
      pair.call("GET", "l");
      pair.send("CLIENT", "CACHING", "YES").send("MULTI").send("GET", "k").send("EXEC").replies(4);
      other.call("SET", "l", "2");
      assertInvalidated(pair, "l");
      other.call("SET", "k", "3");
      assertInvalidated(pair, "k");
      pair.call("CLIENT", "TRACKING", "ON", "OPTOUT");
      assertQuiet(pair);
    }
  }

  @Test
  void optout_allButWhatFollowsCachingNo_isTracked() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect()) {
      pair.call("CLIENT", "TRACKING", "ON", "OPTOUT");
      pair.call("CLIENT", "CACHING", "YES");
      pair.send("CLIENT", "CACHING", "NO").send("GET", "k").send("GET", "l").replies(3);
      pair.call("CLIENT", "TRACKINGINFO");
      other.call("SET", "k", "2");
      assertQuiet(pair);
      other.call("SET", "l", "2");
      assertInvalidated(pair, "l");
    }
  }

  @Test
  void bcast_withPrefixes_tellsOfThoseOnly() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect()) {
      pair.call("CLIENT", "TRACKING", "ON", "PREFIX", "user:");
      pair.call("CLIENT", "TRACKING", "ON", "BCAST", "OPTIN");
      pair.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "user:", "PREFIX", "user:1");
      pair.call("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "user:", "PREFIX", "new:");
      pair.call("CLIENT", "TRACKINGINFO");
      pair.call("GET", "item:1");
      other.call("SET", "item:1", "2");
      assertQuiet(pair);
      other.call("SET", "user:1", "2");
      assertInvalidated(pair, "user:1");
      other.call("SET", "user:9", "never read");
      assertInvalidated(pair, "user:9");
      pair.send("SET", "new:1", "2").replies(2);
      pair.call("CLIENT", "TRACKING", "ON");
      pair.call("CLIENT", "TRACKING", "OFF");
      pair.call("CLIENT", "TRACKING", "ON", "BCAST", "NOLOOP");
      pair.call("SET", "k", "own");
      assertQuiet(pair);
      other.call("SET", "anything", "1");
      assertInvalidated(pair, "anything");
    }
  }

  @Test
  void redirect_toASubscriberInResp2_sendsItMessages() throws IOException {
    try (Pair listener = twins.connect();
        Pair pair = twins.connect();
        Pair other = twins.connect()) {
      Told id = listener.ask("CLIENT", "ID");
      listener.call("SUBSCRIBE", "__redis__:invalidate");
      pair.call("CLIENT", "TRACKING", "ON");
      pair.call("CLIENT", "TRACKING", "ON", "REDIRECT", "999999");
      pair.sendEach(id, "CLIENT", "TRACKING", "ON", "REDIRECT", "{}").reply();
      pair.send("CLIENT", "GETREDIR").reply(Masks::integers);
      pair.send("CLIENT", "TRACKINGINFO").reply(Masks::integers);
      pair.send("GET", "k").send("GET", "l").replies(2);
      other.call("SET", "k", "2");
      assertThat(listener.reply()).contains("message", "__redis__:invalidate", "\r\nk\r\n");
      pair.call("SET", "l", "own");
      assertThat(listener.reply()).contains("message", "\r\nl\r\n");
      pair.call("GET", "k");
      other.call("FLUSHALL");
      assertThat(listener.reply()).contains("__redis__:invalidate", "$-1");
      pair.call("CLIENT", "TRACKING", "OFF");
      pair.call("CLIENT", "GETREDIR");
      assertQuiet(pair);
    }
  }

  @Test
  void redirect_whoseListenerIsGone_isToldAsBroken() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      Pair listener = twins.connect(3);
      Told id = listener.ask("CLIENT", "ID");
      pair.sendEach(id, "CLIENT", "TRACKING", "ON", "REDIRECT", "{}").reply();
      pair.call("GET", "k");
      listener.close();
      Waiting.until(
          "both servers have seen it go",
          () -> elsewhere.sendEach(id, "CLIENT", "LIST", "ID", "{}").told().bothSay(""));
      other.call("SET", "k", "2");
      assertThat(pair.reply(Masks::integers)).contains("tracking-redir-broken");
      pair.send("CLIENT", "TRACKINGINFO").reply(Masks::integers);
      assertQuiet(pair);
    }
  }

  @Test
  void off_nothingIsToldAnyMore_andTheKeyIsServedAgain() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect()) {
      pair.call("CLIENT", "TRACKING", "ON");
      pair.call("GET", "k");
      pair.call("CLIENT", "TRACKING", "OFF");
      other.call("SET", "k", "2");
      assertQuiet(pair);
      assertThat(pair.call("GET", "k")).contains("2");
      pair.call("CLIENT", "TRACKING", "ON");
      pair.call("GET", "k");
      pair.call("RESET");
      other.call("SET", "k", "3");
      assertThat(pair.call("PING")).isEqualTo("+PONG\r\n");
    }
  }

  @Test
  void on_againAfterReset_tellsOfWhatWasReadBefore() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect()) {
      pair.call("CLIENT", "TRACKING", "ON");
      pair.call("GET", "k");
      pair.call("RESET");
      pair.send("HELLO", "3").reply(Masks::hello);
      pair.call("CLIENT", "TRACKING", "ON");
      other.call("SET", "k", "2");
      assertThat(pair.reply()).contains("invalidate");
    }
  }

  @Test
  void flush_isToldAsNull() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      pair.call("CLIENT", "TRACKING", "ON");
      pair.call("GET", "k");
      other.call("FLUSHDB");
      assertThat(pair.reply()).isEqualTo(">2\r\n$10\r\ninvalidate\r\n_\r\n");
      elsewhere.call("FLUSHALL");
      assertThat(pair.reply()).contains("_\r\n");
      pair.send("FLUSHALL").replies(2);
      assertQuiet(pair);
    }
  }

  @Test
  void switchedToResp2_pushesCease() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair other = twins.connect()) {
      pair.call("CLIENT", "TRACKING", "ON");
      pair.send("GET", "k").send("GET", "l").replies(2);
      pair.send("HELLO", "2").reply(Masks::hello);
      other.call("SET", "k", "2");
      assertQuiet(pair);
      pair.send("HELLO", "3").reply(Masks::hello);
      other.call("SET", "l", "2");
      assertInvalidated(pair, "l");
    }
  }

  @Test
  void manyPushes_betweenPipelinedReplies_stayInOrder() throws IOException {
    try (Pair pair = twins.connect(3)) {
      pair.call("CLIENT", "TRACKING", "ON");
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 500; i++) {
        requests.append("GET p").append(i % 7).append("\r\nSET p").append(i % 7).append(" x\r\n");
      }
      pair.sendRaw(requests.toString()).replies(1500);
      assertQuiet(pair);
    }
  }

  /** A server that remembers few keys forgets the others at random, and says which. */
  @Test
  void default_moreKeysThanTheServerRemembers_areToldAsForgotten() throws IOException {
    try (Twins few = Twins.start("--tracking-table-max-keys", "10");
        RespClient direct = RespClient.connect(few.direct().port());
        RespClient through = few.sidecar().connect();
        Pair writer = few.connect()) {
      for (RespClient client : List.of(direct, through)) {
        client.call("HELLO", "3");
        client.call("CLIENT", "TRACKING", "ON");
        for (int i = 0; i < 40; i++) {
          client.send("GET", "key" + i);
        }
        assertThat(told(client.send("PING"))).hasSize(30);
      }
      for (int i = 0; i < 40; i++) {
        writer.call("SET", "key" + i, "1");
      }
      assertThat(told(direct)).hasSize(10);
      assertThat(told(through)).hasSize(10);
    }
  }

  private static Set<String> told(RespClient client) throws IOException {
    Set<String> keys = new HashSet<>();
    client.send("ECHO", "end");
    for (String reply = client.reply(); !reply.contains("end"); reply = client.reply()) {
      if (reply.startsWith(">")) {
        assertThat(keys.add(reply)).as("%s is told once", reply).isTrue();
      }
    }
    return keys;
  }
}
