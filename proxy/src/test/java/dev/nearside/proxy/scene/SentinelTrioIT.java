package dev.nearside.proxy.scene;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The scene itself: the tests of Sentinel rely on what these say. */
class SentinelTrioIT {
  static Stream<RedisProgram> programs() {
    return RedisProgram.available().stream();
  }

  @ParameterizedTest
  @MethodSource("programs")
  void start_twoReplicas_allKnowEachOther(RedisProgram program) throws IOException {
    List<ProcessHandle> before = ProcessHandle.current().descendants().toList();
    try (SentinelTrio trio = SentinelTrio.plan(2).on(program).start()) {
      assertThat(trio.addresses()).hasSize(3).doesNotHaveDuplicates();
      assertThat(trio.replicas()).hasSize(2).doesNotContain(trio.primary());
      try (RespClient client = trio.primary().connect()) {
        client.call("SET", "key", "value");
        assertThat(client.call("WAIT", "2", "5000")).isEqualTo(":2\r\n");
      }
      assertThat(trio.replicas().getLast().ask("GET", "key")).containsExactly("value");
    }
    assertThat(ProcessHandle.current().descendants()).hasSameSizeAs(before);
  }

  @Test
  void killPrimary_thenRestart_comesBackAsAReplica() throws IOException {
    try (SentinelTrio trio = SentinelTrio.start(2)) {
      RedisNode old = trio.killPrimary();
      RedisNode primary = trio.awaitOtherThan(old);
      assertThat(trio.replicas()).hasSize(1);
      trio.restart(old);
      assertThat(trio.primary()).isSameAs(primary);
      assertThat(trio.replicas()).hasSize(2).contains(old);
    }
  }

  @Test
  void pause_ofThePrimary_itFollowsOnceItGoesOn() throws IOException {
    try (SentinelTrio trio = SentinelTrio.start(1)) {
      RedisNode old = trio.primary();
      old.pause();
      RedisNode primary = trio.awaitOtherThan(old);
      old.resume();
      trio.awaitSettled();
      assertThat(old.follows(primary)).isTrue();
    }
  }

  @Test
  void logins_byName_areAskedFor() throws IOException {
    SentinelTrio.Plan plan = SentinelTrio.plan(1);
    plan.nodeLogin("default", "node-secret").sentinelLogin("watch", "sentinel-secret");
    try (SentinelTrio trio = plan.start()) {
      assertThat(stranger(trio.sentinels().getFirst())).startsWith("-NOAUTH");
      assertThat(stranger(trio.primary())).startsWith("-NOAUTH");
    }
  }

  private static String stranger(RedisNode node) throws IOException {
    try (RespClient client = RespClient.connect(node.port())) {
      return client.call("PING");
    }
  }
}
