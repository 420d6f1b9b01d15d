package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.MovableSlot;
import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedCluster;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the nodes of a cluster say unasked, to a client that takes them for one. */
@Timeout(120)
class ClusterSubscriptionIT {
  private static final String OK = "+OK\r\n";

  @RegisterExtension private static final SharedCluster shared = new SharedCluster();
  private final RedisCluster cluster = shared.cluster();
  private final Sidecar sidecar = shared.sidecar();

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
      MovableSlot moving = MovableSlot.of(cluster, "shard" + protocol, 1);
      String elsewhere = RedisCluster.keyOn(cluster.primaries().get(0), "s");
      try (RespClient client = sidecar.connect()) {
        client.call("HELLO", protocol);
        assertThat(client.call("SSUBSCRIBE", elsewhere)).endsWith(bulk(elsewhere) + ":1\r\n");
        assertThat(client.call("SSUBSCRIBE", moving.tag())).endsWith(bulk(moving.tag()) + ":2\r\n");
        assertThat(sharded(moving.from(), moving.tag())).isEqualTo(":1\r\n");
        moving.go();
        Waiting.until(
            "it has subscribed there", () -> sharded(moving.to(), moving.tag()).equals(":1\r\n"));
        try (RespClient other = sidecar.connect()) {
          assertThat(other.call("SPUBLISH", moving.tag(), "moved")).isEqualTo(":1\r\n");
          assertThat(other.call("SPUBLISH", elsewhere, "stays")).isEqualTo(":1\r\n");
        }
        List<String> heard = List.of(client.reply(), client.reply());
        assertThat(heard).anyMatch(message -> message.endsWith(bulk(moving.tag()) + bulk("moved")));
        assertThat(heard).anyMatch(message -> message.endsWith(bulk(elsewhere) + bulk("stays")));
        client.sendScript("SUNSUBSCRIBE");
        assertThat(client.reply()).contains("sunsubscribe\r\n").endsWith(":1\r\n");
        assertThat(client.reply()).contains("sunsubscribe\r\n").endsWith(":0\r\n");
        assertThat(client.call("SET", elsewhere, "1")).isEqualTo(OK);
      }
      cluster.awaitSettled();
      moving.comeBack();
    }
  }

  private static String sharded(RedisNode node, String channel) throws IOException {
    String reply = node.call("PUBSUB", "SHARDNUMSUB", channel);
    return reply.substring(reply.lastIndexOf(':'));
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
