package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.util.List;

/** {@link Shape#CLUSTER}: three primaries. */
record ClusterUpstream(RedisCluster cluster) implements Upstream {
  private static final int PRIMARIES = 3;

  /** So long may a primary be silent: none is to be taken for down here. */
  private static final int NEVER_DOWN_MS = 60_000;

  static ClusterUpstream start(RedisProgram program, String... serverArgs) throws IOException {
    return new ClusterUpstream(
        RedisCluster.plan(PRIMARIES, 0)
            .on(program)
            .nodeTimeoutMs(NEVER_DOWN_MS)
            .lines(SentinelUpstream.lines(serverArgs))
            .start());
  }

  /** Returns which primary has a slot: they have even shares, in their order. */
  static int nodeOf(int slot) {
    int node = 0;
    while (slot >= RedisCluster.SLOTS * (node + 1) / PRIMARIES) {
      node++;
    }
    return node;
  }

  @Override
  public List<String> settings() {
    return List.of(
        "upstream.uri=redis-cluster://" + String.join(",", cluster.addresses()),
        "l1.skip-churning=false"); // all that others do in three databases is done to one here
  }

  @Override
  public RespClient connect(Sidecar sidecar) throws IOException {
    return sidecar.connect();
  }

  @Override
  public List<Integer> ports() {
    return cluster.nodes().stream().map(RedisNode::port).toList();
  }

  @Override
  public void close() {
    cluster.close();
  }
}
