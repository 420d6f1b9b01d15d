package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.NearsideConfig.Address;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** The servers that have the keys of rows: one, or each primary of a cluster. Thread-safe. */
sealed interface RowServers extends RowLinks, AutoCloseable
    permits OneRowServer, ClusterRowServers {
  /**
   * How one is reached.
   *
   * @param administration the connection on which all but looks at leases is done
   * @param watch the one on which readers wait for leases
   */
  record Server(RedisAdministration administration, LeaseWatch watch) {}

  /** Returns the one that has the keys of {@code slot}, or null while that is nobody. */
  @Nullable Server of(int slot);

  /** Returns all that there are now. */
  Collection<Server> all();

  /** Which keys are captured; to be said before {@link #start}. */
  void capture(CapturedKeys keys);

  /**
   * Returns where it is said which outboxes there are.
   *
   * @param database the upstream's own
   */
  OutboxRegistry registry(int database);

  /**
   * Starts connecting, as far as nobody else has the connections made.
   *
   * @param withLeases whether readers are to wait for leases
   */
  void start(boolean withLeases);

  /** The sidecar's other connections to {@code node} of a cluster have reached {@code runId}. */
  void follow(@Nullable Address node, String runId);

  @Override
  default @Nullable StatefulRedisConnection<byte[], byte[]> at(int slot) {
    Server server = of(slot);
    return server == null ? null : server.administration().connection();
  }

  @Override
  void close();
}
