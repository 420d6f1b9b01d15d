package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Twins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** WAIT, replication, migration and failover with real replicas, each test on fresh servers. */
class ReplicaParityIT {
  private Twins twins;

  @BeforeEach
  void startTwins() throws IOException {
    twins = Twins.start("--repl-diskless-sync-delay", "0");
  }

  @AfterEach
  void stopTwins() {
    twins.close();
  }

  private static RedisServer replicaOf(int port) throws IOException {
    RedisServer replica = RedisServer.start("--replicaof", "127.0.0.1", Integer.toString(port));
    try (RespClient client = RespClient.connect(replica.port())) {
      Waiting.until(
          "the replica follows",
          () -> client.call("INFO", "replication").contains("master_link_status:up"));
    }
    return replica;
  }

  private static void awaitKey(RedisServer server, String key, String value) throws IOException {
    try (RespClient client = RespClient.connect(server.port())) {
      Waiting.until(key + " has arrived", () -> client.call("GET", key).contains(value));
    }
  }

  @Test
  void wait_afterAWrite_countsTheReplicaThatHasIt() throws IOException {
    try (RedisServer one = replicaOf(twins.direct().port());
        RedisServer two = replicaOf(twins.behind().port());
        Pair pair = twins.connect()) {
      for (int round = 0; round < 3; round++) {
        pair.call("SET", "k", "v" + round);
        assertThat(pair.call("WAIT", "1", "0")).isEqualTo(":1\r\n");
        try (RespClient at = RespClient.connect(two.port())) {
          assertThat(at.call("GET", "k")).contains("v" + round);
        }
      }
      assertThat(one.pid()).isNotEqualTo(two.pid());
    }
  }

  @Test
  void wait_afterAWriteNoReplicaHas_countsNone() throws IOException {
    try (RedisServer one = replicaOf(twins.direct().port());
        RedisServer two = replicaOf(twins.behind().port());
        Pair pair = twins.connect()) {
      pair.call("SET", "k", "1");
      assertThat(pair.call("WAIT", "1", "0")).isEqualTo(":1\r\n");
      one.pause();
      two.pause();
      pair.call("SET", "k", "2");
      assertThat(pair.call("WAIT", "1", "50")).isEqualTo(":0\r\n");
      one.resume();
      two.resume();
      assertThat(pair.call("WAIT", "1", "0")).isEqualTo(":1\r\n");
    }
  }

  /** The write goes down a lane; a WAIT on another connection knows nothing of it. */
  @Test
  void wait_firstAfterALaneWrite_waitsForThatWrite() throws IOException {
    try (RedisServer one = replicaOf(twins.direct().port());
        RedisServer two = replicaOf(twins.behind().port());
        Pair pair = twins.connect()) {
      one.pause();
      two.pause();
      pair.call("SET", "k", "1");
      assertThat(pair.call("WAIT", "1", "50")).isEqualTo(":0\r\n");
      one.resume();
      two.resume();
      assertThat(pair.call("WAIT", "1", "0")).isEqualTo(":1\r\n");
    }
  }

  @Test
  void psync_ofARealReplicaThroughTheSidecar_syncsAndFollows() throws IOException {
    try (Pair pair = twins.connect()) {
      String large = "x".repeat(300_000);
      pair.call("SET", "before", "there");
      pair.call("SET", "large", large);
      try (RedisServer one = replicaOf(twins.direct().port());
          RedisServer two = replicaOf(twins.sidecar().port())) {
        pair.call("SET", "after", "too");
        pair.call("SET", "large2", large);
        pair.call("SET", "last", "one");
        for (RedisServer replica : new RedisServer[] {one, two}) {
          awaitKey(replica, "last", "one");
          try (RespClient client = RespClient.connect(replica.port())) {
            assertThat(client.call("GET", "before")).contains("there");
            assertThat(client.call("GET", "after")).contains("too");
            assertThat(client.call("GET", "large")).contains(large);
            assertThat(client.call("GET", "large2")).contains(large);
          }
        }
        assertThat(pair.call("WAIT", "1", "0")).isEqualTo(":1\r\n");
        pair.send("INFO", "replication")
            .reply(info -> info.replaceAll("(?s).*(connected_slaves:\\d+).*", "$1"));
      }
    }
  }

  @Test
  void replicaof_turnsTheUpstreamIntoAReplica_readsFollow() throws IOException {
    try (RedisServer first = RedisServer.start();
        RespClient at = RespClient.connect(first.port());
        Pair pair = twins.connect();
        Pair other = twins.connect()) {
      at.call("SET", "k", "of the first");
      pair.call("SET", "k", "own");
      assertThat(pair.send("HELLO", "2").reply(Masks::hello)).contains("master");
      for (int i = 0; i < 3; i++) {
        other.call("GET", "k");
      }
      pair.call("REPLICAOF", "127.0.0.1", Integer.toString(first.port()));
      awaitKey(twins.direct(), "k", "of the first");
      awaitKey(twins.behind(), "k", "of the first");
      assertThat(other.call("GET", "k")).contains("of the first");
      assertThat(other.call("SET", "k", "x")).startsWith("-READONLY");
      assertThat(pair.send("HELLO", "2").reply(Masks::hello)).contains("replica");
      assertThat(other.send("HELLO", "2").reply(Masks::hello)).contains("replica");
      at.call("SET", "k", "changed");
      awaitKey(twins.direct(), "k", "changed");
      Waiting.until(
          "the sidecar shows it",
          () -> {
            try (RespClient client = twins.sidecar().connect()) {
              return client.call("GET", "k").contains("changed");
            }
          });
      pair.call("REPLICAOF", "NO", "ONE");
      other.call("SET", "k", "own again");
      assertThat(other.call("GET", "k")).contains("own again");
    }
  }

  @Test
  void failover_toTheReplica_isAnsweredAndDone() throws IOException {
    try (RedisServer one = replicaOf(twins.direct().port());
        RedisServer two = replicaOf(twins.behind().port());
        Pair pair = twins.connect()) {
      pair.call("SET", "k", "1");
      pair.call("WAIT", "1", "0");
      pair.call("FAILOVER", "TO", "127.0.0.1", "1", "TIMEOUT", "x");
      pair.call("FAILOVER");
      for (RedisServer replica : new RedisServer[] {one, two}) {
        try (RespClient client = RespClient.connect(replica.port())) {
          Waiting.until("it leads", () -> client.call("ROLE").contains("master"));
        }
      }
    }
  }

  @Test
  void migrate_betweenTwoServers_movesKeysAndL1FollowsIt() throws IOException {
    try (RedisServer target = RedisServer.start();
        RespClient at = RespClient.connect(target.port());
        Pair pair = twins.connect();
        Pair reader = twins.connect()) {
      String port = Integer.toString(target.port());
      for (String key : new String[] {"k", "a", "b"}) {
        pair.call("SET", key, "value of " + key);
        reader.send("GET", key).send("GET", key).send("GET", key).replies(3);
      }
      pair.call("MIGRATE", "127.0.0.1", port, "k", "0", "1000", "COPY", "REPLACE");
      reader.call("GET", "k");
      assertThat(at.call("GET", "k")).contains("value of k");
      pair.call("MIGRATE", "127.0.0.1", port, "k", "0", "1000", "REPLACE");
      assertThat(reader.call("GET", "k")).isEqualTo("$-1\r\n");
      pair.call("MIGRATE", "127.0.0.1", port, "k", "0", "1000");
      pair.call("MIGRATE", "127.0.0.1", port, "", "0", "1000", "REPLACE", "KEYS", "a", "b");
      reader.call("MGET", "a", "b");
      assertThat(at.call("GET", "b")).contains("value of b");
      pair.call("MIGRATE", "127.0.0.1", port, "k", "0", "1000", "AUTH", "x", "KEYS");
    }
  }
}
