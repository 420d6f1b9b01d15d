package dev.nearside.proxy.scene;

import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Three primaries for all test classes of a process, empty before each test or each class, and a
 * sidecar in front of them for each class; to be registered by a static field. Tests may move
 * slots, and leave the nodes as they are: forming a cluster takes seconds, and this one is ended
 * with the process.
 */
public final class SharedCluster
    implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {
  private static final int NODE_TIMEOUT_MS = 10_000;

  private static @Nullable RedisCluster formed; // test classes of a process run one at a time

  private final boolean isEmptiedForEach;
  private @Nullable Sidecar sidecar;

  /** Creates one that is empty before each test. */
  public SharedCluster() {
    this(true);
  }

  private SharedCluster(boolean isEmptiedForEach) {
    this.isEmptiedForEach = isEmptiedForEach;
  }

  /** Creates one that is empty before the first test only, for sidecars that last for all tests. */
  public static SharedCluster emptiedOnce() {
    return new SharedCluster(false);
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    if (formed == null) {
      RedisCluster cluster = RedisCluster.plan(3, 0).nodeTimeoutMs(NODE_TIMEOUT_MS).start();
      Runtime.getRuntime().addShutdownHook(new Thread(cluster::close, "end-shared-cluster"));
      formed = cluster;
    }
    cluster().awaitSettled();
    empty();
    sidecar =
        Sidecar.inFrontOf(
            0, "upstream.uri=redis-cluster://" + String.join(",", cluster().addresses()));
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    if (isEmptiedForEach) {
      empty();
    }
  }

  private void empty() throws IOException {
    for (RedisNode node : cluster().primaries()) {
      node.order("FLUSHALL");
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    sidecar().close();
  }

  /** Returns the cluster, between the first test and the last. */
  public RedisCluster cluster() {
    return Objects.requireNonNull(formed);
  }

  /** Returns the sidecar of the class, between the first test and the last. */
  public Sidecar sidecar() {
    return Objects.requireNonNull(sidecar);
  }
}
