package dev.nearside.benchmarks.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.benchmarks.servers.EmbeddedCluster;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.proxy.cluster.HashSlot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;

/**
 * A cluster of three primaries. They have no replicas: a primary that is killed comes back, and so
 * nothing may be lost at all, which is more than sidecars ask of a cluster.
 */
final class ClusterUpstream implements Upstream {
  private static final int PRIMARIES = 3;

  private final EmbeddedCluster cluster;
  private final AtomicIntegerArray owners = new AtomicIntegerArray(EmbeddedCluster.SLOTS);

  /**
   * Starts it, and returns when it is well.
   *
   * @throws IOException if it does not get so
   */
  ClusterUpstream(Path program, Path directory) throws IOException {
    this.cluster = EmbeddedCluster.start(program, directory, PRIMARIES, DURABLE);
    try {
      cluster.awaitWell();
    } catch (IOException e) {
      cluster.close();
      throw e;
    }
    for (int slot = 0; slot < EmbeddedCluster.SLOTS; slot++) {
      owners.set(slot, EmbeddedCluster.nodeOf(slot, PRIMARIES));
    }
  }

  @Override
  public String uri() {
    return cluster.ports().stream()
        .map(port -> "127.0.0.1:" + port)
        .collect(Collectors.joining(",", "redis-cluster://", ""));
  }

  @Override
  public String durability() {
    return "weaker"; // replicas could have less, if there were any
  }

  @Override
  public int primaries() {
    return PRIMARIES;
  }

  static int slotOf(String key) {
    byte[] bytes = key.getBytes(UTF_8);
    return HashSlot.of(bytes, bytes.length);
  }

  @Override
  public int primaryOf(String key) {
    return ownerOf(slotOf(key));
  }

  /** Returns the primary that has a slot. */
  int ownerOf(int slot) {
    return owners.get(slot);
  }

  /** A slot has gone to another primary. */
  void gave(int slot, int primary) {
    owners.set(slot, primary);
  }

  /** Connects to a primary. */
  RedisConnection connect(int primary) throws IOException {
    return RedisConnection.open(port(primary));
  }

  /** Returns where a primary listens. */
  int port(int primary) {
    return cluster.ports().get(primary);
  }

  @Override
  public void crash(int primary) {
    cluster.crash(primary);
  }

  @Override
  public void restart(int primary) throws IOException {
    cluster.restart(primary);
  }

  /** The sum of those of all slots, none of which may be on its way. */
  @Override
  public long length(String stream) throws IOException {
    long length = 0;
    for (int primary = 0; primary < PRIMARIES; primary++) {
      try (RedisConnection direct = connect(primary)) {
        List<String> streams = direct.callForList("KEYS", "nearside:outbox:{????}:" + stream);
        for (String each : streams) {
          direct.send("XLEN", each);
        }
        for (int i = 0; i < streams.size(); i++) {
          length += Long.parseLong(direct.receive());
        }
      }
    }
    return length;
  }

  @Override
  public void close() {
    cluster.close();
  }
}
