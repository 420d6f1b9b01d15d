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

/** Requests that wait, or are too large to be kept, go to the node that has their keys. */
@Timeout(120)
class ClusterBlockingIT {
  private static final String CROSS_SLOT =
      "-CROSSSLOT Keys in request don't hash to the same slot\r\n";
  private static final String QUEUED = "+QUEUED\r\n";
  private static final String OK = "+OK\r\n";

  @RegisterExtension private static final SharedCluster shared = new SharedCluster();
  private final RedisCluster cluster = shared.cluster();
  private final Sidecar sidecar = shared.sidecar();

  private static void awaitBlocked(RedisNode node, int clients) {
    Waiting.until(
        clients + " are blocked at " + node,
        () -> node.call("INFO", "clients").contains("blocked_clients:" + clients + "\r\n"));
  }

  @Test
  void blockingCommands_goWhereTheirKeysAre() throws IOException {
    try (RespClient client = sidecar.connect()) {
      for (String key : cluster.keyOnEach("b")) {
        client.sendScript(
            "RPUSH " + key + " a;BLMOVE " + key + " " + key + " LEFT RIGHT 0;WAIT 0 1");
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
  void blockedClient_followsItsSlotAndTakesOnce() throws IOException {
    MovableSlot moving = MovableSlot.of(cluster, "list", 0);
    String key = moving.tag() + "l";
    try (RespClient client = sidecar.connect();
        RespClient other = sidecar.connect()) {
      client.sendScript("BLPOP " + key + " 0");
      awaitBlocked(moving.from(), 1);
      moving.go();
      awaitBlocked(moving.to(), 1);
      assertThat(other.call("RPUSH", key, "a", "b")).isEqualTo(":2\r\n");
      assertThat(client.reply()).isEqualTo("*2\r\n" + bulk(key) + bulk("a"));
      assertThat(other.call("LRANGE", key, "0", "-1")).isEqualTo("*1\r\n" + bulk("b"));
      cluster.awaitSettled();
      moving.comeBack();
    }
  }

  @Test
  void blockedClient_thatGoesTakesNothing() throws IOException {
    List<String> keys = cluster.keyOnEach("gone");
    try (RespClient other = sidecar.connect()) {
      for (int i = 1; i < 3; i++) {
        RedisNode node = cluster.primaries().get(i);
        RespClient gone = sidecar.connect();
        gone.sendScript("BLPOP " + keys.get(i) + " 0;GET " + keys.get(0));
        awaitBlocked(node, 1);
        gone.close();
        awaitBlocked(node, 0);
        assertThat(other.call("RPUSH", keys.get(i), "a")).isEqualTo(":1\r\n");
        assertThat(other.call("LLEN", keys.get(i))).isEqualTo(":1\r\n");
      }
    }
  }

  @Test
  void largeRequests_goWhereTheirKeysAre() throws IOException {
    String value = "v".repeat(1024 * 1024);
    try (RespClient client = sidecar.connect()) {
      List<String> keys = cluster.keyOnEach("large");
      for (String key : keys) {
        assertThat(client.call("SET", key, value)).isEqualTo(OK);
        assertThat(client.call("GET", key)).isEqualTo(bulk(value));
        client.sendScript("MULTI;SET " + key + " " + value + ";STRLEN " + key + ";EXEC");
        assertThat(client.reply() + client.reply() + client.reply())
            .isEqualTo(OK + QUEUED + QUEUED);
        assertThat(client.reply()).isEqualTo("*2\r\n+OK\r\n:1048576\r\n");
      }
      assertThat(client.call("MSET", keys.get(1), "1", keys.get(2), value)).isEqualTo(CROSS_SLOT);
      MovableSlot moving = MovableSlot.of(cluster, "largely", 2);
      assertThat(client.call("SET", moving.tag(), "1")).isEqualTo(OK);
      moving.go();
      assertThat(client.call("SET", moving.tag(), value)).startsWith("-TRYAGAIN ");
      assertThat(client.call("SET", moving.tag(), value)).isEqualTo(OK);
      assertThat(client.call("STRLEN", moving.tag())).isEqualTo(":1048576\r\n");
      cluster.awaitSettled();
      moving.comeBack();
    }
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("SET", "k".repeat(70_000), "v"))
          .startsWith("-ERR Nearside looks for the key");
      assertThat(client.isClosed()).isTrue();
    }
  }
}
