package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Address;
import org.jspecify.annotations.Nullable;

/**
 * Where the upstream is, and which tracked connections lead there: what differs between one server
 * and a cluster of them. Thread-safe.
 */
sealed interface Whereabouts extends AutoCloseable permits ClusterServers, OneServer {
  /** What tracked connections are called at their servers. */
  String TRACKED = "nearside-tracked";

  /**
   * What either is made of.
   *
   * @param tracked has the tracked connections, and closes them
   */
  record Parts(
      NearsideConfig.Upstream upstream,
      NearsideConfig.Coherence coherence,
      AsyncClients clients,
      TrackedConnections tracked,
      TrackedContext context) {}

  /** Returns where what is about no key goes, or null while nobody has said so. */
  @Nullable Address address();

  /** Returns whether only a primary is the upstream. */
  boolean primaryOnly();

  /** Asks where the upstream is, if that has to be asked, and waits a while for the answer. */
  void find();

  /** Starts the tracked connections. */
  void track();

  /** Asks no more; the tracked connections stay. */
  @Override
  void close();
}
