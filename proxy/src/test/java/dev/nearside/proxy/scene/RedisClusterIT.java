package dev.nearside.proxy.scene;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The scene itself: the tests of Redis Cluster rely on what these say. */
class RedisClusterIT {
  static Stream<RedisProgram> programs() {
    return RedisProgram.available().stream();
  }

  @ParameterizedTest
  @MethodSource("programs")
  void start_replicaEach_servesEverySlot(RedisProgram program) throws IOException {
    List<ProcessHandle> before = ProcessHandle.current().descendants().toList();
    try (RedisCluster cluster = RedisCluster.plan(3, 1).on(program).start()) {
      assertThat(cluster.addresses()).hasSize(6).doesNotHaveDuplicates();
      assertThat(cluster.primaries()).containsExactlyElementsOf(cluster.nodes().subList(0, 3));
      for (int slot : new int[] {0, 5_461, 5_462, 10_922, 10_923, RedisCluster.SLOTS - 1}) {
        RedisNode primary = cluster.primaryOf(slot);
        assertThat(cluster.replicasOf(primary)).hasSize(1);
        assertThat(primary.ask("SET", RedisCluster.keyIn(slot, "k"), "v")).containsExactly("OK");
      }
      assertSlotsAsRedisCounts(cluster.primaryOf(0));
      assertWrongNodeSaysMoved(cluster);
    }
    assertThat(ProcessHandle.current().descendants()).hasSameSizeAs(before);
  }

  private static void assertSlotsAsRedisCounts(RedisNode node) throws IOException {
    for (String key :
        List.of("", "key", "a{b}c", "{}x", "{", "}{", "{{x}}", "x{y", "{x}{y}", "\u00ff\u0000")) {
      assertThat(node.ask("CLUSTER", "KEYSLOT", key))
          .as(key)
          .containsExactly(String.valueOf(RedisCluster.slotOf(key)));
    }
  }

  private static void assertWrongNodeSaysMoved(RedisCluster cluster) throws IOException {
    RedisNode owner = cluster.primaries().getLast();
    String key = RedisCluster.keyOn(owner, "key-");
    assertThat(cluster.primaryOf(key)).isSameAs(owner);
    assertThat(cluster.primaries().getFirst().call("GET", key)).isEqualTo(moved(key, owner));
    assertThat(cluster.replicasOf(owner).getFirst().call("GET", key)).isEqualTo(moved(key, owner));
  }

  @Test
  void move_stepByStep_asksInTheMiddle() throws IOException {
    try (RedisCluster cluster = RedisCluster.plan(3, 0).partialCoverage().start()) {
      RedisNode from = cluster.primaries().getFirst();
      RedisNode to = cluster.primaries().getLast();
      String first = "{" + RedisCluster.keyOn(from, "tag-") + "}first";
      String second = first.replace("first", "second");
      from.ask("SET", first, "1");
      from.ask("SET", second, "2");

      SlotMove aborted = cluster.beginMove(RedisCluster.slotOf(first), to);
      assertThat(from.call("GET", first + "-absent")).startsWith("-ASK");
      aborted.abort();
      assertThat(from.call("GET", first + "-absent")).isEqualTo("$-1\r\n");

      SlotMove move = cluster.beginMove(RedisCluster.slotOf(first), to);
      move.migrateKey(first);
      assertThat(from.call("GET", first)).isEqualTo(moved(first, to).replace("MOVED", "ASK"));
      assertThat(from.ask("GET", second)).containsExactly("2");
      assertThat(to.call("GET", first)).isEqualTo(moved(first, from));
      assertThat(asking(to, first)).isEqualTo("$1\r\n1\r\n");
      assertThat(move.migrate(10)).isOne();
      move.end();
      cluster.awaitSettled();
      assertThat(from.call("GET", first)).isEqualTo(moved(first, to));
      assertThat(to.ask("MGET", first, second)).containsExactly("1", "2");

      assertServesTheRestAlone(cluster, from, to);
    }
  }

  private static String asking(RedisNode node, String key) throws IOException {
    try (RespClient client = node.connect()) {
      client.call("ASKING");
      return client.call("GET", key);
    }
  }

  /** What partial coverage means. */
  private static void assertServesTheRestAlone(
      RedisCluster cluster, RedisNode killed, RedisNode other) throws IOException {
    String lost = RedisCluster.keyOn(killed, "lost-");
    String served = RedisCluster.keyOn(other, "served-");
    killed.kill();
    Waiting.until(
        "the others take it for down",
        () -> other.ask("CLUSTER", "NODES").toString().contains("fail"));
    assertThat(other.call("SET", served, "1")).isEqualTo("+OK\r\n");
    assertThat(other.call("GET", lost)).startsWith("-");
    cluster.restart(killed);
    assertThat(killed.call("GET", lost)).isEqualTo("$-1\r\n");
  }

  @Test
  void failover_askedForAndForced_oldPrimaryFollows() throws IOException {
    try (RedisCluster cluster = RedisCluster.start(3, 1)) {
      RedisNode first = cluster.primaryOf(0);
      RedisNode second = cluster.replicasOf(first).getFirst();
      cluster.failover(second);
      assertThat(cluster.primaryOf(0)).isSameAs(second);
      assertThat(cluster.replicasOf(second)).containsExactly(first);

      assertThat(cluster.failoverByKill(second)).isSameAs(first);
      assertThat(cluster.primaryOf(0)).isSameAs(first);
      cluster.restart(second);
      assertThat(cluster.replicasOf(first)).containsExactly(second);

      first.pause();
      assertThat(cluster.awaitOtherThan(first, 0)).isSameAs(second);
      first.resume();
      Waiting.until("it follows", () -> first.follows(second));
    }
  }

  @Test
  void nodes_addedAndRemoved_withLogin_areKnownToAll() throws IOException {
    try (RedisCluster cluster = RedisCluster.plan(3, 0).login("app", "secret").start()) {
      assertStrangerIsRefused(cluster.primaryOf(0));
      RedisNode added = cluster.addPrimary();
      String key = RedisCluster.keyIn(0, "key-");
      cluster.primaryOf(0).ask("SET", key, "value");
      RedisNode old = cluster.primaryOf(0);
      cluster.moveSlot(0, added);
      RedisNode replica = cluster.addReplica(added);
      assertThat(cluster.primaryOf(key)).isSameAs(added);
      assertThat(cluster.replicasOf(added)).containsExactly(replica);
      assertThat(added.ask("GET", key)).containsExactly("value");
      cluster.moveSlot(0, old);
      cluster.remove(replica);
      cluster.remove(added);
      assertThat(cluster.nodes()).hasSize(3);
      assertThat(old.ask("CLUSTER", "NODES").getFirst().lines()).hasSize(3);
    }
  }

  private static void assertStrangerIsRefused(RedisNode node) throws IOException {
    try (RespClient client = RespClient.connect(node.port())) {
      assertThat(client.call("PING")).startsWith("-NOAUTH");
    }
  }

  private static String moved(String key, RedisNode to) {
    return "-MOVED " + RedisCluster.slotOf(key) + " " + to.address() + "\r\n";
  }
}
