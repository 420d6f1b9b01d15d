package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedCluster;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A client with connections of its own to the nodes: its user, what it is refused, and its way
 * back.
 */
@Timeout(120)
class PinnedClusterIT {
  private static final String QUEUED = "+QUEUED\r\n";
  private static final String OK = "+OK\r\n";
  private static final String ABORTED = "-EXECABORT";

  @RegisterExtension private static final SharedCluster shared = new SharedCluster();
  private final RedisCluster cluster = shared.cluster();
  private final Sidecar sidecar = shared.sidecar();

  private double pinned() throws IOException {
    return sidecar.metric("nearside_upstream_connections{kind=\"pinned\"}");
  }

  @Test
  void anotherUser_isTheSameOnAllNodes() throws IOException {
    for (RedisNode node : cluster.primaries()) {
      node.call("ACL", "SETUSER", "other", "on", ">pw", "~o*", "&*", "+@all", "-incr");
    }
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
  void requestBehindWhichTheClientEndsItsInput_isAnswered() throws IOException {
    try (RespClient client = sidecar.connect()) {
      client.send("CLIENT", "ID");
      client.shutdownOutput();
      assertThat(client.reply()).startsWith(":");
    }
  }

  @Test
  void afterItsState_theClientIsBackOnTheLanes() throws IOException {
    Waiting.until("nobody is pinned", () -> pinned() == 0);
    try (RespClient client = sidecar.connect()) {
      for (String key : cluster.keyOnEach("back")) {
        client.sendScript("MULTI;SET " + key + " 1;EXEC;BLPOP none" + key + " 0.01");
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
}
