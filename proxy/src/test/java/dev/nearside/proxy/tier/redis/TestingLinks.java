package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A connection to each primary of a cluster, by threads that may wait. */
final class TestingLinks implements RowLinks, AutoCloseable {
  private final RedisClient client = RedisClient.create();
  private final AtomicBoolean doubted = new AtomicBoolean(true);
  private final Map<Integer, StatefulRedisConnection<byte[], byte[]>> byPort = new HashMap<>();
  private final int[] ports = new int[RedisCluster.SLOTS];

  TestingLinks(RedisCluster cluster) {
    for (RedisNode node : cluster.nodes()) {
      RedisURI uri = RedisURI.create(RedisNode.HOST, node.port());
      byPort.put(node.port(), client.connect(ByteArrayCodec.INSTANCE, uri));
    }
  }

  @Override
  public SideNames names() {
    return SideNames.IN_SLOTS;
  }

  @Override
  public synchronized @Nullable StatefulRedisConnection<byte[], byte[]> at(int slot) {
    if (doubted.getAndSet(false)) {
      byPort.forEach(this::learn);
    }
    return byPort.get(ports[slot]);
  }

  private void learn(int port, StatefulRedisConnection<byte[], byte[]> node) {
    for (Object range : node.sync().clusterSlots()) {
      List<?> fields = (List<?>) range;
      long owner = (Long) ((List<?>) fields.get(2)).get(1);
      for (long slot = (Long) fields.get(0);
          owner == port && slot <= (Long) fields.get(1);
          slot++) {
        ports[(int) slot] = port;
      }
    }
  }

  @Override
  public void doubt() {
    doubted.set(true);
  }

  @Override
  public void close() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
  }
}
