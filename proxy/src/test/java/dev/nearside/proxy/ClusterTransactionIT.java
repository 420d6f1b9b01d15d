package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.MovableSlot;
import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedCluster;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SlotMove;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Transactions of a client that knows nothing of clusters, on the node that its keys choose. */
@Timeout(120)
class ClusterTransactionIT {
  private static final String CROSS_SLOT =
      "-CROSSSLOT Keys in request don't hash to the same slot\r\n";
  private static final String QUEUED = "+QUEUED\r\n";
  private static final String OK = "+OK\r\n";
  private static final String ABORTED = "-EXECABORT";

  @RegisterExtension private static final SharedCluster shared = new SharedCluster();
  private final RedisCluster cluster = shared.cluster();
  private final Sidecar sidecar = shared.sidecar();

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
          client.sendScript("MULTI;INCR " + key + ";GET " + key + ";EXEC;INCR " + key);
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
      client.sendScript("MULTI;SET " + cluster.keyOnEach("t").get(1) + " x;DISCARD");
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + QUEUED + OK);
      assertThat(client.call("EXEC")).isEqualTo("-ERR EXEC without MULTI\r\n");
      assertThat(client.call("GET", cluster.keyOnEach("t").get(1))).isNotEqualTo(bulk("x"));
    }
  }

  @Test
  void transactionOverSlots_isRefusedAsRedisRefusesIt() throws IOException {
    List<String> keys = cluster.keyOnEach("x");
    try (RespClient client = sidecar.connect()) {
      client.sendScript("MULTI;SET " + keys.get(2) + " 1;SET " + keys.get(0) + " 1;EXEC");
      assertThat(client.reply() + client.reply()).isEqualTo(OK + QUEUED);
      assertThat(client.reply()).isEqualTo(CROSS_SLOT);
      assertThat(client.reply()).startsWith(ABORTED);
      client.sendScript("MULTI;MGET " + keys.get(1) + " " + keys.get(0) + ";EXEC");
      assertThat(client.reply() + client.reply()).isEqualTo(OK + CROSS_SLOT);
      assertThat(client.reply()).startsWith(ABORTED);
      client.sendScript("MULTI;FLUSHALL;EXEC");
      assertThat(client.reply()).isEqualTo(OK);
      assertThat(client.reply()).startsWith("-ERR Nearside does not queue FLUSHALL");
      assertThat(client.reply()).startsWith(ABORTED);
      assertThat(client.call("EXISTS", keys.get(2), keys.get(0))).isEqualTo(":0\r\n");
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
  void transaction_isSaidAgainWhereItsSlotGoes() throws IOException {
    MovableSlot moving = MovableSlot.of(cluster, "move", 0);
    String key = moving.tag() + "k";
    try (RespClient client = sidecar.connect()) {
      client.sendScript("SET " + key + " 1;MULTI;INCR " + key);
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + OK + QUEUED);
      moving.go();
      assertThat(client.call("INCR", key)).as("MOVED as it is queued").isEqualTo(QUEUED);
      assertThat(client.call("EXEC")).isEqualTo("*2\r\n:2\r\n:3\r\n");
      cluster.awaitSettled();
      client.sendScript("MULTI;INCR " + key);
      assertThat(client.reply() + client.reply()).isEqualTo(OK + QUEUED);
      moving.comeBack();
      client.sendScript("EXEC;GET " + key);
      assertThat(client.reply()).as("MOVED by EXEC").isEqualTo("*1\r\n:4\r\n");
      assertThat(client.reply()).isEqualTo(bulk("4"));
      moving.go();
      client.sendScript("MULTI;INCR " + key + ";INCR " + key + ";EXEC");
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + QUEUED + QUEUED);
      assertThat(client.reply()).as("MOVED in a pipeline").isEqualTo("*2\r\n:5\r\n:6\r\n");
      cluster.awaitSettled();
    }
  }

  @Test
  void transactionOfASlotOnItsWay_waits() throws IOException {
    MovableSlot moving = MovableSlot.of(cluster, "way", 1);
    try (RespClient client = sidecar.connect()) {
      SlotMove move = cluster.beginMove(moving.slot(), moving.to());
      client.sendScript("MULTI;SET " + moving.tag() + "new 1;EXEC");
      assertThat(client.reply()).isEqualTo(OK);
      move.end();
      assertThat(client.reply() + client.reply()).isEqualTo(QUEUED + "*1\r\n+OK\r\n");
      cluster.awaitSettled();
      SlotMove back = cluster.beginMove(moving.slot(), moving.from());
      client.sendScript("MULTI;SET " + moving.tag() + "newer 1;EXEC");
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
        client.sendScript("WATCH " + key + ";GET " + key + ";MULTI;SET " + key + " mine;EXEC");
        assertThat(client.reply() + client.reply()).isEqualTo(OK + "$-1\r\n");
        assertThat(client.reply() + client.reply()).isEqualTo(OK + QUEUED);
        assertThat(client.reply()).isEqualTo("*1\r\n+OK\r\n");
        assertThat(client.call("WATCH", key)).isEqualTo(OK);
        other.call("SET", key, "theirs");
        client.sendScript("MULTI;SET " + key + " mine;EXEC");
        assertThat(client.reply() + client.reply() + client.reply())
            .isEqualTo(OK + QUEUED + "*-1\r\n");
        client.sendScript("WATCH " + key + ";UNWATCH");
        assertThat(client.reply() + client.reply()).isEqualTo(OK + OK);
      }
      assertThat(client.call("WATCH", keys.get(1))).isEqualTo(OK);
      assertThat(client.call("WATCH", keys.get(2))).isEqualTo(CROSS_SLOT);
      client.sendScript("MULTI;SET " + keys.get(2) + " x;EXEC");
      assertThat(client.reply() + client.reply()).isEqualTo(OK + CROSS_SLOT);
      assertThat(client.reply()).startsWith(ABORTED);
      assertThat(client.call("GET", keys.get(2))).isEqualTo(bulk("theirs"));
    }
  }

  @Test
  void unwatchThatIsRefused_leavesTheWatch() throws IOException {
    List<String> keys = cluster.keyOnEach("u");
    try (RespClient client = sidecar.connect()) {
      client.sendScript("WATCH " + keys.get(0) + ";UNWATCH all;MULTI;SET " + keys.get(1) + " 1");
      assertThat(client.reply()).isEqualTo(OK);
      assertThat(client.reply()).startsWith("-ERR wrong number of arguments");
      assertThat(client.reply() + client.reply()).isEqualTo(OK + CROSS_SLOT);
    }
  }

  @Test
  void watchedSlotMoves_execIsNull() throws IOException {
    MovableSlot moving = MovableSlot.of(cluster, "seen", 2);
    String key = moving.tag() + "k";
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("HELLO", "3")).startsWith("%");
      assertThat(client.call("WATCH", key)).isEqualTo(OK);
      moving.go();
      client.sendScript("MULTI;SET " + key + " 1;EXEC");
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + QUEUED + "_\r\n");
      cluster.awaitSettled();
      client.sendScript("WATCH " + key + ";MULTI;SET " + key + " 1");
      assertThat(client.reply() + client.reply() + client.reply()).isEqualTo(OK + OK + QUEUED);
      moving.comeBack();
      assertThat(client.call("EXEC")).isEqualTo("_\r\n");
      client.sendScript("MULTI;SET " + key + " 1;EXEC");
      assertThat(client.reply() + client.reply() + client.reply())
          .isEqualTo(OK + QUEUED + "*1\r\n+OK\r\n");
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
}
