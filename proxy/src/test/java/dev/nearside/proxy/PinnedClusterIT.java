package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SlotMove;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients that know nothing of clusters have transactions, subscriptions and users of their own.
 */
@Timeout(120)
class PinnedClusterIT {
  private static final String CROSS_SLOT =
      "-CROSSSLOT Keys in request don't hash to the same slot\r\n";
  private static final String QUEUED = "+QUEUED\r\n";
  private static final String OK = "+OK\r\n";
  private static final String ABORTED = "-EXECABORT";

  private static RedisCluster cluster;
  private static Sidecar sidecar;

  @BeforeAll
  static void start() throws IOException {
    cluster = RedisCluster.plan(3, 0).nodeTimeoutMs(10_000).start();
    sidecar =
        Sidecar.inFrontOf(
            0, "upstream.uri=redis-cluster://" + String.join(",", cluster.addresses()));
    for (RedisNode node : cluster.primaries()) {
      node.call("ACL", "SETUSER", "other", "on", ">pw", "~o*", "&*", "+@all", "-incr");
    }
  }

  @AfterAll
  static void stop() {
    sidecar.close();
    cluster.close();
  }

  @BeforeEach
  void empty() throws IOException {
    for (RedisNode node : cluster.primaries()) {
      node.call("FLUSHALL");
    }
  }

  /** A slot of which there are some keys, and another primary than its own. */
  private record Moving(String tag, int slot, RedisNode from, RedisNode to) {
    static Moving of(String prefix, int index) throws IOException {
      RedisNode from = cluster.primaries().get(index);
      String key = RedisCluster.keyOn(from, prefix);
      RedisNode to = cluster.primaries().get((index + 1) % 3);
      return new Moving("{" + key + "}", RedisCluster.slotOf(key), from, to);
    }

    /** Goes to the other primary with all keys; the nodes need not have all heard of it. */
    void go() throws IOException {
      cluster.beginMove(slot, to).end();
    }
  }

  private static double pinned() throws IOException {
    return sidecar.metric("nearside_upstream_connections{kind=\"pinned\"}");
  }

  private static void send(RespClient client, String script) throws IOException {
    for (String request : script.split(";", -1)) {
      client.send(request.split(" ", -1));
    }
  }

  private static void awaitBlocked(RedisNode node, int clients) {
    Waiting.until(
        clients + " are blocked at " + node,
        () -> node.call("INFO", "clients").contains("blocked_clients:" + clients + "\r\n"));
  }

  @Test
  void transaction_isTheNodesOfItsFirstKey() throws IOException {
    try (RespClient client = sidecar.connect()) {
      for (String key : cluster.keyOnEach("t")) {
        assertThat(client.call("MULTI")).isEqualTo(OK);
        assertThat(client.call("PING")).isEqualTo(QUEUED);
        assertThat(client.call("SET", key, "1")).isEqualTo(QUEUED);
        assertThat(client.call("INCR", key)).isEqualTo(QUEUED);
        assertThat(client.call("EXEC")).isEqualTo("*3\r\n+PONG\r\n+OK\r\n:2\r\n");
        assertThat(client.call("GET", key)).isEqualTo(bulk("2"));
      }
      for (int i = 0; i < 20; i++) {
        for (String key : cluster.keyOnEach("t")) {
          send(client, "MULTI;INCR " + key + ";GET " + key + ";EXEC;INCR " + key);
        }
      }
      for (int i = 0; i < 60; i++) {
        int count = 3 + i / 3 * 2;
        for (String reply : List.of(OK, QUEUED, QUEUED)) {
          assertThat(client.reply()).isEqualTo(reply);
        }
        assertThat(client.reply()).isEqualTo("*2\r\n:" + count + "\r\n" + bulk("" + count));
        assertThat(client.reply()).isEqualTo(":" + (count + 1) + "\r\n");
      }
      send(client, "MULTI;SET " + cluster.keyOnEach("t").get(1) + " x;DISCARD");
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + QUEUED + OK);
      assertThat(client.call("EXEC")).isEqualTo("-ERR EXEC without MULTI\r\n");
      assertThat(client.call("GET", cluster.keyOnEach("t").get(1))).isNotEqualTo(bulk("x"));
    }
  }

  @Test
  void transactionOverSlots_isRefusedAsRedisRefusesIt() throws IOException {
    List<String> keys = cluster.keyOnEach("x");
    try (RespClient client = sidecar.connect()) {
      send(client, "MULTI;SET " + keys.get(2) + " 1;SET " + keys.get(0) + " 1;EXEC");
      assertThat(client.reply() + client.reply()).isEqualTo(OK + QUEUED);
      assertThat(client.reply()).isEqualTo(CROSS_SLOT);
      assertThat(client.reply()).startsWith(ABORTED);
      send(client, "MULTI;MGET " + keys.get(1) + " " + keys.get(0) + ";EXEC");
      assertThat(client.reply() + client.reply()).isEqualTo(OK + CROSS_SLOT);
      assertThat(client.reply()).startsWith(ABORTED);
      send(client, "MULTI;FLUSHALL;EXEC");
      assertThat(client.reply()).isEqualTo(OK);
      assertThat(client.reply()).startsWith("-ERR Nearside does not queue FLUSHALL");
      assertThat(client.reply()).startsWith(ABORTED);
      assertThat(client.call("EXISTS", keys.get(2), keys.get(0))).isEqualTo(":0\r\n");
    }
  }

  @Test
  void transaction_isSaidAgainWhereItsSlotGoes() throws IOException {
    Moving moving = Moving.of("move", 0);
    String key = moving.tag + "k";
    try (RespClient client = sidecar.connect()) {
      send(client, "SET " + key + " 1;MULTI;INCR " + key);
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + OK + QUEUED);
      moving.go();
      assertThat(client.call("INCR", key)).as("MOVED as it is queued").isEqualTo(QUEUED);
      assertThat(client.call("EXEC")).isEqualTo("*2\r\n:2\r\n:3\r\n");
      cluster.awaitSettled();
      send(client, "MULTI;INCR " + key);
      assertThat(client.reply() + client.reply()).isEqualTo(OK + QUEUED);
      cluster.moveSlot(moving.slot, moving.from);
      send(client, "EXEC;GET " + key);
      assertThat(client.reply()).as("MOVED by EXEC").isEqualTo("*1\r\n:4\r\n");
      assertThat(client.reply()).isEqualTo(bulk("4"));
      moving.go();
      send(client, "MULTI;INCR " + key + ";INCR " + key + ";EXEC");
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + QUEUED + QUEUED);
      assertThat(client.reply()).as("MOVED in a pipeline").isEqualTo("*2\r\n:5\r\n:6\r\n");
      cluster.awaitSettled();
    }
  }

  @Test
  void transactionOfASlotOnItsWay_waits() throws IOException {
    Moving moving = Moving.of("way", 1);
    try (RespClient client = sidecar.connect()) {
      SlotMove move = cluster.beginMove(moving.slot, moving.to);
      send(client, "MULTI;SET " + moving.tag + "new 1;EXEC");
      assertThat(client.reply()).isEqualTo(OK);
      move.end();
      assertThat(client.reply() + client.reply()).isEqualTo(QUEUED + "*1\r\n+OK\r\n");
      cluster.awaitSettled();
      SlotMove back = cluster.beginMove(moving.slot, moving.from);
      send(client, "MULTI;SET " + moving.tag + "newer 1;EXEC");
      assertThat(client.reply()).isEqualTo(OK);
      assertThat(client.reply()).as("for upstream.redirect-for").startsWith("-ASK ");
      assertThat(client.reply()).startsWith(ABORTED);
      back.end();
      cluster.awaitSettled();
    }
  }

  @Test
  void watch_failsExecAsOnOneNode() throws IOException {
    List<String> keys = cluster.keyOnEach("w");
    try (RespClient client = sidecar.connect();
        RespClient other = sidecar.connect()) {
      for (String key : keys) {
        send(client, "WATCH " + key + ";GET " + key + ";MULTI;SET " + key + " mine;EXEC");
        assertThat(client.reply() + client.reply()).isEqualTo(OK + "$-1\r\n");
        assertThat(client.reply() + client.reply()).isEqualTo(OK + QUEUED);
        assertThat(client.reply()).isEqualTo("*1\r\n+OK\r\n");
        assertThat(client.call("WATCH", key)).isEqualTo(OK);
        other.call("SET", key, "theirs");
        send(client, "MULTI;SET " + key + " mine;EXEC");
        assertThat(client.reply() + client.reply() + client.reply())
            .isEqualTo(OK + QUEUED + "*-1\r\n");
        send(client, "WATCH " + key + ";UNWATCH");
        assertThat(client.reply() + client.reply()).isEqualTo(OK + OK);
      }
      assertThat(client.call("WATCH", keys.get(1))).isEqualTo(OK);
      assertThat(client.call("WATCH", keys.get(2))).isEqualTo(CROSS_SLOT);
      send(client, "MULTI;SET " + keys.get(2) + " x;EXEC");
      assertThat(client.reply() + client.reply()).isEqualTo(OK + CROSS_SLOT);
      assertThat(client.reply()).startsWith(ABORTED);
      assertThat(client.call("GET", keys.get(2))).isEqualTo(bulk("theirs"));
    }
  }

  @Test
  void unwatchThatIsRefused_leavesTheWatch() throws IOException {
    List<String> keys = cluster.keyOnEach("u");
    try (RespClient client = sidecar.connect()) {
      send(client, "WATCH " + keys.get(0) + ";UNWATCH all;MULTI;SET " + keys.get(1) + " 1");
      assertThat(client.reply()).isEqualTo(OK);
      assertThat(client.reply()).startsWith("-ERR wrong number of arguments");
      assertThat(client.reply() + client.reply()).isEqualTo(OK + CROSS_SLOT);
    }
  }

  @Test
  void refusedRequests_areRefusedAsByRedis() throws IOException {
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("CLIENT", "REPLY", "SOMETIMES")).isEqualTo("-ERR syntax error\r\n");
      assertThat(client.call("MULTI")).isEqualTo(OK);
      assertThat(client.call("NOSUCHCOMMAND", "a")).startsWith("-ERR unknown command");
      assertThat(client.call("EXEC")).startsWith(ABORTED);
      assertThat(client.call("SUBSCRIBE", "c")).startsWith("*3");
      for (String request : List.of("XINFO STREAM x", "CLIENT REPLY SKIP", "DBSIZE", "HELLO 3")) {
        String name = request.toLowerCase(Locale.ROOT).replaceFirst(" (stream|reply) ?.*", "|$1");
        assertThat(client.call(request.split(" ", -1)))
            .startsWith("-ERR Can't execute '" + name.replaceFirst(" .*", "") + "': only");
      }
    }
  }

  @Test
  void watchedSlotMoves_execIsNull() throws IOException {
    Moving moving = Moving.of("seen", 2);
    String key = moving.tag + "k";
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("HELLO", "3")).startsWith("%");
      assertThat(client.call("WATCH", key)).isEqualTo(OK);
      moving.go();
      send(client, "MULTI;SET " + key + " 1;EXEC");
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + QUEUED + "_\r\n");
      cluster.awaitSettled();
      send(client, "WATCH " + key + ";MULTI;SET " + key + " 1");
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + OK + QUEUED);
      cluster.moveSlot(moving.slot, moving.from);
      assertThat(client.call("EXEC")).isEqualTo("_\r\n");
      send(client, "MULTI;SET " + key + " 1;EXEC");
      assertThat(client.reply() + client.reply() + client.reply())
          .isEqualTo(OK + QUEUED + "*1\r\n+OK\r\n");
    }
  }

  @Test
  void blockedClient_followsItsSlotAndTakesOnce() throws IOException {
    Moving moving = Moving.of("list", 0);
    String key = moving.tag + "l";
    try (RespClient client = sidecar.connect();
        RespClient other = sidecar.connect()) {
      send(client, "BLPOP " + key + " 0");
      awaitBlocked(moving.from, 1);
      moving.go();
      awaitBlocked(moving.to, 1);
      assertThat(other.call("RPUSH", key, "a", "b")).isEqualTo(":2\r\n");
      assertThat(client.reply()).isEqualTo("*2\r\n" + bulk(key) + bulk("a"));
      assertThat(other.call("LRANGE", key, "0", "-1")).isEqualTo("*1\r\n" + bulk("b"));
      cluster.awaitSettled();
      cluster.moveSlot(moving.slot, moving.from);
    }
  }

  @Test
  void blockedClient_thatGoesTakesNothing() throws IOException {
    List<String> keys = cluster.keyOnEach("gone");
    try (RespClient other = sidecar.connect()) {
      for (int i = 1; i < 3; i++) {
        RedisNode node = cluster.primaries().get(i);
        RespClient gone = sidecar.connect();
        send(gone, "BLPOP " + keys.get(i) + " 0;GET " + keys.get(0));
        awaitBlocked(node, 1);
        gone.close();
        awaitBlocked(node, 0);
        assertThat(other.call("RPUSH", keys.get(i), "a")).isEqualTo(":1\r\n");
        assertThat(other.call("LLEN", keys.get(i))).isEqualTo(":1\r\n");
      }
    }
  }

  @Test
  void blockingCommands_goWhereTheirKeysAre() throws IOException {
    try (RespClient client = sidecar.connect()) {
      for (String key : cluster.keyOnEach("b")) {
        send(client, "RPUSH " + key + " a;BLMOVE " + key + " " + key + " LEFT RIGHT 0;WAIT 0 1");
        assertThat(client.reply() + client.reply()).isEqualTo(":1\r\n" + bulk("a"));
        assertThat(client.reply()).isEqualTo(":0\r\n");
        String id = client.call("XADD", key + "{" + key + "}", "1-1", "f", "v");
        assertThat(id).isEqualTo(bulk("1-1"));
        assertThat(client.call("XREAD", "BLOCK", "1000", "STREAMS", key + "{" + key + "}", "0"))
            .contains("1-1");
      }
      assertThat(
              client.call(
                  "BLPOP", cluster.keyOnEach("b").get(0), cluster.keyOnEach("b").get(1), "0"))
          .isEqualTo(CROSS_SLOT);
    }
  }

  @Test
  void messages_comeFromAllNodes() throws IOException {
    try (RespClient client = sidecar.connect();
        RespClient third = sidecar.connect()) {
      third.call("HELLO", "3");
      for (RespClient each : List.of(client, third)) {
        assertThat(each.call("SUBSCRIBE", "c")).contains("subscribe\r\n", bulk("c") + ":1\r\n");
      }
      for (RedisNode node : cluster.primaries()) {
        node.call("PUBLISH", "c", "from " + node.port());
        for (RespClient each : List.of(client, third)) {
          assertThat(each.reply()).endsWith(bulk("c") + bulk("from " + node.port()));
        }
      }
      assertThat(client.call("GET", cluster.keyOnEach("m").get(1)))
          .startsWith("-ERR Can't execute 'get'");
      assertThat(client.call("PING")).isEqualTo("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
      for (String key : cluster.keyOnEach("m")) {
        assertThat(third.call("SET", key, "v")).isEqualTo(OK);
      }
      assertThat(client.call("UNSUBSCRIBE")).endsWith(bulk("c") + ":0\r\n");
      assertThat(client.call("SET", cluster.keyOnEach("m").get(1), "w")).isEqualTo(OK);
    }
  }

  @Test
  void shardChannels_areHeardWhereverTheirSlotsGo() throws IOException {
    for (String protocol : List.of("2", "3")) {
      Moving moving = Moving.of("shard" + protocol, 1);
      String elsewhere = RedisCluster.keyOn(cluster.primaries().get(0), "s");
      try (RespClient client = sidecar.connect()) {
        client.call("HELLO", protocol);
        assertThat(client.call("SSUBSCRIBE", elsewhere)).endsWith(bulk(elsewhere) + ":1\r\n");
        assertThat(client.call("SSUBSCRIBE", moving.tag)).endsWith(bulk(moving.tag) + ":2\r\n");
        assertThat(sharded(moving.from, moving.tag)).isEqualTo(":1\r\n");
        moving.go();
        Waiting.until(
            "it has subscribed there", () -> sharded(moving.to, moving.tag).equals(":1\r\n"));
        try (RespClient other = sidecar.connect()) {
          assertThat(other.call("SPUBLISH", moving.tag, "moved")).isEqualTo(":1\r\n");
          assertThat(other.call("SPUBLISH", elsewhere, "stays")).isEqualTo(":1\r\n");
        }
        List<String> heard = List.of(client.reply(), client.reply());
        assertThat(heard).anyMatch(message -> message.endsWith(bulk(moving.tag) + bulk("moved")));
        assertThat(heard).anyMatch(message -> message.endsWith(bulk(elsewhere) + bulk("stays")));
        send(client, "SUNSUBSCRIBE");
        assertThat(client.reply()).contains("sunsubscribe\r\n").endsWith(":1\r\n");
        assertThat(client.reply()).contains("sunsubscribe\r\n").endsWith(":0\r\n");
        assertThat(client.call("SET", elsewhere, "1")).isEqualTo(OK);
      }
      cluster.awaitSettled();
      cluster.moveSlot(moving.slot, moving.from);
    }
  }

  private static String sharded(RedisNode node, String channel) throws IOException {
    String reply = node.call("PUBSUB", "SHARDNUMSUB", channel);
    return reply.substring(reply.lastIndexOf(':'));
  }

  @Test
  void largeRequests_goWhereTheirKeysAre() throws IOException {
    String value = "v".repeat(1024 * 1024);
    try (RespClient client = sidecar.connect()) {
      List<String> keys = cluster.keyOnEach("large");
      for (String key : keys) {
        assertThat(client.call("SET", key, value)).isEqualTo(OK);
        assertThat(client.call("GET", key)).isEqualTo(bulk(value));
        send(client, "MULTI;SET " + key + " " + value + ";STRLEN " + key + ";EXEC");
        assertThat(client.reply() + client.reply() + client.reply())
            .isEqualTo(OK + QUEUED + QUEUED);
        assertThat(client.reply()).isEqualTo("*2\r\n+OK\r\n:1048576\r\n");
      }
      assertThat(client.call("MSET", keys.get(1), "1", keys.get(2), value)).isEqualTo(CROSS_SLOT);
      Moving moving = Moving.of("largely", 2);
      assertThat(client.call("SET", moving.tag, "1")).isEqualTo(OK);
      moving.go();
      assertThat(client.call("SET", moving.tag, value)).startsWith("-TRYAGAIN ");
      assertThat(client.call("SET", moving.tag, value)).isEqualTo(OK);
      assertThat(client.call("STRLEN", moving.tag)).isEqualTo(":1048576\r\n");
      cluster.awaitSettled();
      cluster.moveSlot(moving.slot, moving.from);
    }
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("SET", "k".repeat(70_000), "v"))
          .startsWith("-ERR Nearside looks for the key");
      assertThat(client.isClosed()).isTrue();
    }
  }

  @Test
  void anotherUser_isTheSameOnAllNodes() throws IOException {
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("CLIENT", "SETNAME", "me")).isEqualTo(OK);
      assertThat(client.call("AUTH", "other", "no")).startsWith("-WRONGPASS");
      assertThat(client.call("AUTH", "other", "pw")).isEqualTo(OK);
      List<String> keys = cluster.keyOnEach("o");
      List<String> denied = cluster.keyOnEach("denied");
      List<String> mset = new ArrayList<>(List.of("MSET"));
      keys.forEach(key -> mset.addAll(List.of(key, "1")));
      assertThat(client.call(mset.toArray(String[]::new))).isEqualTo(OK);
      for (int i = 0; i < 3; i++) {
        assertThat(client.call("GET", keys.get(i))).isEqualTo(bulk("1"));
        assertThat(client.call("INCR", keys.get(i))).startsWith("-NOPERM");
        assertThat(client.call("SET", denied.get(i), "1")).startsWith("-NOPERM");
        assertThat(cluster.primaries().get(i).call("CLIENT", "LIST"))
            .contains("name=me", "user=other");
      }
      assertThat(client.call("CLIENT", "SETNAME", "renamed")).isEqualTo(OK);
      for (RedisNode node : cluster.primaries()) {
        Waiting.until("renamed", () -> node.call("CLIENT", "LIST").contains("name=renamed"));
      }
      assertThat(client.call("AUTH", "default", "any")).isEqualTo(OK);
      for (String key : denied) {
        assertThat(client.call("INCR", key)).isEqualTo(":1\r\n");
      }
      assertThat(client.call("RESET")).isEqualTo("+RESET\r\n");
      assertThat(client.call("MGET", keys.get(0), keys.get(1)))
          .isEqualTo("*2\r\n" + bulk("1") + bulk("1"));
    }
  }

  @Test
  void pushesOfSeveralNodes_areAllHeard() throws IOException {
    try (RespClient client = sidecar.connect();
        RespClient other = sidecar.connect()) {
      client.call("HELLO", "3");
      assertThat(client.call("GET", cluster.keyOnEach("p").get(1))).isEqualTo("_\r\n");
      assertThat(client.call("CLIENT", "TRACKING", "ON")).isEqualTo(OK);
      for (String key : cluster.keyOnEach("p")) {
        assertThat(client.call("GET", key)).isEqualTo("_\r\n");
      }
      for (String key : cluster.keyOnEach("p")) {
        assertThat(other.call("SET", key, "v")).isEqualTo(OK);
        assertThat(client.reply()).isEqualTo(">2\r\n" + bulk("invalidate") + "*1\r\n" + bulk(key));
      }
      assertThat(client.call("CLIENT", "CACHING", "YES")).startsWith("-ERR Nearside cannot");
      assertThat(client.call("CLIENT", "REPLY", "OFF")).startsWith("-ERR Nearside has to see");
      assertThat(client.call("PING")).isEqualTo("+PONG\r\n");
    }
  }

  @Test
  void afterItsState_theClientIsBackOnTheLanes() throws IOException {
    Waiting.until("nobody is pinned", () -> pinned() == 0);
    try (RespClient client = sidecar.connect()) {
      for (String key : cluster.keyOnEach("back")) {
        send(client, "MULTI;SET " + key + " 1;EXEC;BLPOP none" + key + " 0.01");
        assertThat(client.reply() + client.reply() + client.reply())
            .isEqualTo(OK + QUEUED + "*1\r\n+OK\r\n");
        assertThat(client.reply()).isEqualTo("*-1\r\n");
      }
      assertThat(pinned()).isEqualTo(3);
      Waiting.until("it is given back", () -> pinned() == 0);
      assertThat(client.call("DBSIZE")).isEqualTo(":3\r\n");
      assertThat(client.call("MULTI")).isEqualTo(OK);
    }
  }

  @Test
  void slowReader_holdsUpNobodyElse() throws IOException {
    List<String> keys = cluster.keyOnEach("slow");
    String value = "v".repeat(512 * 1024);
    for (int i = 0; i < keys.size(); i++) {
      cluster.primaries().get(i).call("SET", keys.get(i), value);
    }
    Waiting.until("nobody is pinned", () -> pinned() == 0);
    try (RespClient slow = sidecar.connect();
        RespClient other = sidecar.connect()) {
      for (int i = 0; i < 30; i++) {
        slow.send("GET", keys.get(i % 3));
      }
      for (String key : keys) {
        assertThat(other.call("STRLEN", key)).isEqualTo(":524288\r\n");
      }
      for (int i = 0; i < 30; i++) {
        assertThat(slow.reply()).isEqualTo(bulk(value));
      }
      assertThat(slow.call("STRLEN", keys.getFirst())).isEqualTo(":524288\r\n");
      assertThat(pinned()).isPositive();
    }
  }

  @Test
  void waitingForReplicas_leavesASubscriberWhereItIs() throws IOException {
    String key = cluster.keyOnEach("w").getLast();
    try (RespClient client = sidecar.connect()) {
      client.call("HELLO", "3");
      client.send("SUBSCRIBE", "news");
      assertThat(client.reply()).contains("subscribe");
      assertThat(client.call("SET", key, "1")).isEqualTo(OK);
      assertThat(client.call("WAIT", "0", "10")).isEqualTo(":0\r\n");
      client.send("UNSUBSCRIBE", "news");
      assertThat(client.reply()).contains("unsubscribe");
      for (RedisNode node : cluster.primaries()) {
        assertThat(node.call("PUBSUB", "NUMSUB", "news")).endsWith(":0\r\n");
      }
    }
  }

  @Test
  void subscriberOfResp2_isRefusedWhatRedisRefusesIt() throws IOException {
    String key = cluster.keyOnEach("s").getLast();
    try (RespClient client = sidecar.connect()) {
      client.send("SUBSCRIBE", "news");
      assertThat(client.reply()).contains("subscribe");
      assertThat(client.call("GET", key)).startsWith("-ERR Can't execute 'get'");
      assertThat(client.call("GET", key, "junk"))
          .isEqualTo("-ERR wrong number of arguments for 'get' command\r\n");
      assertThat(client.call("SPUBLISH", key, "x")).startsWith("-ERR Can't execute 'spublish'");
      assertThat(client.call("WAIT", "0", "1")).startsWith("-ERR Can't execute 'wait'");
    }
  }

  @Test
  void requestOfTheWrongLength_saysNothingOfTheSlotOfATransaction() throws IOException {
    List<String> keys = cluster.keyOnEach("t");
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("MULTI")).isEqualTo(OK);
      assertThat(client.call("GET", keys.getFirst(), "junk"))
          .isEqualTo("-ERR wrong number of arguments for 'get' command\r\n");
      assertThat(client.call("SET", keys.getLast(), "1")).isEqualTo("+QUEUED\r\n");
      assertThat(client.call("EXEC")).startsWith("-EXECABORT");
    }
  }

  @Test
  void requestBehindWhichTheClientEndsItsInput_isAnswered() throws IOException {
    try (RespClient client = sidecar.connect()) {
      client.send("CLIENT", "ID");
      client.shutdownOutput();
      assertThat(client.reply()).startsWith(":");
    }
  }

  @Test
  void reset_endsATransaction() throws IOException {
    String key = cluster.keyOnEach("r").getLast();
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("MULTI")).isEqualTo(OK);
      assertThat(client.call("SET", key, "1")).isEqualTo("+QUEUED\r\n");
      assertThat(client.call("RESET")).isEqualTo("+RESET\r\n");
      assertThat(client.call("GET", key)).isEqualTo("$-1\r\n");
      assertThat(client.call("SET", key, "2")).isEqualTo(OK);
    }
  }

  @Test
  void monitor_isOfTheHomeNode() throws IOException {
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("MONITOR")).isEqualTo(OK);
      for (RedisNode node : cluster.primaries()) {
        node.call("SET", RedisCluster.keyOn(node, "seen"), "1");
      }
      Waiting.until("it says something", client::hasBytes);
      assertThat(client.reply()).startsWith("+");
    }
  }
}
