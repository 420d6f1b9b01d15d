package dev.nearside.proxy;

import static dev.nearside.proxy.CoherenceScene.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedCluster;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.SlotMove;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A client that knows nothing of clusters uses one of three primaries. */
@Timeout(120)
class ClusterIT {
  @RegisterExtension private static final SharedCluster shared = new SharedCluster();
  private final RedisCluster cluster = shared.cluster();
  private final Sidecar sidecar = shared.sidecar();

  private static String[] request(String name, List<String> args) {
    List<String> all = new ArrayList<>(List.of(name));
    all.addAll(args);
    return all.toArray(String[]::new);
  }

  @Test
  void singleKeys_areWhereTheyBelong() throws IOException {
    try (RespClient client = sidecar.connect()) {
      for (String key : cluster.keyOnEach("k")) {
        assertThat(client.call("SET", key, "of " + key)).isEqualTo("+OK\r\n");
        assertThat(client.call("GET", key)).isEqualTo(bulk("of " + key));
        assertThat(cluster.primaryOf(key).call("GET", key)).isEqualTo(bulk("of " + key));
      }
    }
  }

  @Test
  void keysOfSeveralNodes_areAnsweredAsOfOne() throws IOException {
    List<String> keys = cluster.keyOnEach("k");
    List<String> pairs = keys.stream().flatMap(key -> List.of(key, "v" + key).stream()).toList();
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call(request("MSET", pairs))).isEqualTo("+OK\r\n");
      List<String> asked = List.of(keys.get(2), "absent", keys.get(0), keys.get(1), keys.get(2));
      assertThat(client.call(request("MGET", asked)))
          .isEqualTo(
              "*5\r\n"
                  + bulk("v" + keys.get(2))
                  + "$-1\r\n"
                  + bulk("v" + keys.get(0))
                  + bulk("v" + keys.get(1))
                  + bulk("v" + keys.get(2)));
      assertThat(client.call(request("EXISTS", asked))).isEqualTo(":4\r\n");
      assertThat(client.call(request("TOUCH", keys))).isEqualTo(":3\r\n");
      assertThat(client.call("DBSIZE")).isEqualTo(":3\r\n");
      assertThat(client.call(request("DEL", keys.subList(0, 2)))).isEqualTo(":2\r\n");
      assertThat(client.call(request("UNLINK", keys))).isEqualTo(":1\r\n");
      assertThat(client.call("DBSIZE")).isEqualTo(":0\r\n");
    }
  }

  @Test
  void whatCannotBeSplit_isCrossSlot() throws IOException {
    List<String> keys = cluster.keyOnEach("k");
    try (RespClient client = sidecar.connect()) {
      assertThat(client.call("MSETNX", keys.get(0), "a", keys.get(1), "b"))
          .isEqualTo("-CROSSSLOT Keys in request don't hash to the same slot\r\n");
      assertThat(client.call("RENAME", keys.get(0), keys.get(2))).startsWith("-CROSSSLOT");
      assertThat(client.call("SINTERSTORE", keys.get(0), keys.get(1))).startsWith("-CROSSSLOT");
      assertThat(client.call("EVAL", "return 1", "2", keys.get(0), keys.get(1)))
          .startsWith("-CROSSSLOT");
      assertThat(client.call("MGET")).startsWith("-ERR wrong number of arguments");
    }
  }

  @Test
  void pipelineOverNodes_isAnsweredInOrder() throws IOException {
    List<String> keys = cluster.keyOnEach("k");
    try (RespClient client = sidecar.connect()) {
      for (int i = 0; i < 300; i++) {
        client.send("SET", keys.get(i % 3) + i / 3, "v" + i);
        client.send("INCR", "{" + keys.get((i + 1) % 3) + "}counter");
        client.send("GET", keys.get(i % 3) + i / 3);
      }
      int[] counters = new int[3];
      for (int i = 0; i < 300; i++) {
        assertThat(client.reply()).isEqualTo("+OK\r\n");
        assertThat(client.reply()).isEqualTo(":" + ++counters[(i + 1) % 3] + "\r\n");
        assertThat(client.reply()).isEqualTo(bulk("v" + i));
      }
    }
  }

  @Test
  void scan_goesThroughAllNodes() throws IOException {
    Set<String> put = new TreeSet<>();
    Set<String> seen = new TreeSet<>();
    try (RespClient client = sidecar.connect()) {
      for (int i = 0; i < 500; i++) {
        put.add("k" + i);
        client.call("SET", "k" + i, "v");
      }
      String cursor = "0";
      do {
        List<String> lines =
            Arrays.asList(client.call("SCAN", cursor, "COUNT", "50").split("\r\n", -1));
        cursor = lines.get(2);
        for (int i = 5; i < lines.size(); i += 2) {
          seen.add(lines.get(i));
        }
      } while (!cursor.equals("0"));
      assertThat(seen).isEqualTo(put);
      assertThat(client.call("KEYS", "k1?")).startsWith("*10\r\n");
      assertThat(client.call("FLUSHALL")).isEqualTo("+OK\r\n");
      assertThat(client.call("DBSIZE")).isEqualTo(":0\r\n");
      assertThat(client.call("SCAN", "no")).isEqualTo("-ERR invalid cursor\r\n");
    }
  }

  @Test
  void scriptsAndFunctions_areLoadedEverywhere() throws IOException {
    try (RespClient client = sidecar.connect()) {
      String sha = client.call("SCRIPT", "LOAD", "return KEYS[1]").split("\r\n", -1)[1];
      String library = "#!lua name=l\nredis.register_function('f', function(k) return k[1] end)";
      assertThat(client.call("FUNCTION", "LOAD", "REPLACE", library)).isEqualTo(bulk("l"));
      for (String key : cluster.keyOnEach("k")) {
        assertThat(client.call("EVALSHA", sha, "1", key)).isEqualTo(bulk(key));
        assertThat(client.call("FCALL", "f", "1", key)).isEqualTo(bulk(key));
      }
      assertThat(client.call("FUNCTION", "DELETE", "l")).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void slotOnItsWay_isFollowed() throws IOException {
    String tag = "{" + RedisCluster.keyOn(cluster.primaries().getFirst(), "moving") + "}";
    int slot = RedisCluster.slotOf(tag);
    RedisNode from = cluster.primaryOf(slot);
    RedisNode to = cluster.primaries().get(1);
    try (RespClient client = sidecar.connect()) {
      client.call("SET", tag + "a", "1");
      client.call("SET", tag + "b", "1");
      SlotMove move = cluster.beginMove(slot, to);
      assertThat(client.call("SET", tag + "new", "1")).as("by ASK").isEqualTo("+OK\r\n");
      assertThat(to.call("CLUSTER", "COUNTKEYSINSLOT", "" + slot)).isEqualTo(":1\r\n");
      move.migrateKey(tag + "a");
      assertThat(client.call("INCR", tag + "a")).isEqualTo(":2\r\n");
      assertThat(client.call("INCR", tag + "b")).isEqualTo(":2\r\n");
      client.send("MGET", tag + "a", tag + "b"); // TRYAGAIN until both are there
      move.migrate(10);
      assertThat(client.reply()).isEqualTo("*2\r\n" + bulk("2") + bulk("2"));
      move.end();
      assertThat(client.call("INCR", tag + "a")).as("by MOVED").isEqualTo(":3\r\n");
      assertThat(client.call("GET", tag + "new")).isEqualTo(bulk("1"));
      cluster.awaitSettled();
      cluster.moveSlot(slot, from);
      assertThat(client.call("INCR", tag + "a")).as("back again").isEqualTo(":4\r\n");
    }
  }

  @Test
  void slots_areThoseOfTheServer() throws IOException {
    for (String key : List.of("a", "{a}b", "x{}y", "{", "a}b{c}", "\u00e4")) {
      assertThat(cluster.primaries().getFirst().call("CLUSTER", "KEYSLOT", key))
          .isEqualTo(":" + RedisCluster.slotOf(key) + "\r\n");
      byte[] name = key.getBytes(StandardCharsets.ISO_8859_1);
      assertThat(HashSlot.of(name, name.length)).isEqualTo(RedisCluster.slotOf(key));
    }
  }

  @Test
  void clusterCommands_showOneNode() throws IOException {
    try (RespClient client = sidecar.connect()) {
      String port = String.valueOf(sidecar.port());
      assertThat(client.call("CLUSTER", "SLOTS"))
          .startsWith("*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n" + bulk("127.0.0.1") + ":" + port);
      assertThat(client.call("CLUSTER", "SHARDS")).contains("port\r\n:" + port + "\r\n");
      String id = client.call("CLUSTER", "MYID").split("\r\n", -1)[1];
      assertThat(client.call("CLUSTER", "NODES"))
          .contains(id + " 127.0.0.1:" + port, "myself,master", " connected 0-16383\n");
    }
  }

  @Test
  void primaryIsKilled_requestsWaitForTheNext() throws IOException {
    try (RedisCluster three = RedisCluster.start(3, 1);
        Sidecar patient =
            Sidecar.inFrontOf(
                0,
                "upstream.uri=redis-cluster://" + three.addresses().getFirst(),
                "upstream.redirect-for=30s")) {
      RedisNode primary = three.primaries().get(1);
      String key = RedisCluster.keyOn(primary, "k");
      assertThat(set(patient, key, "v")).isEqualTo("+OK\r\n");
      primary.kill();
      String reply = set(patient, key, "w");
      if (reply.isEmpty()) { // it was on its way when the connection ended
        reply = set(patient, key, "w");
      }
      assertThat(reply).isEqualTo("+OK\r\n");
      assertThat(three.awaitOtherThan(primary, RedisCluster.slotOf(key)).call("GET", key))
          .isEqualTo(bulk("w"));
    }
  }

  private static String set(Sidecar patient, String key, String value) throws IOException {
    try (RespClient client = patient.connect()) {
      return client.patience(30_000).call("SET", key, value);
    } catch (EOFException e) {
      return "";
    }
  }
}
