package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.NearsideConfig.Coherence;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.config.NearsideConfig.UnheldReads;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a tracked connection is kept.
 *
 * @param heartbeat the longest silence before a PING
 * @param readTimeout how long anything may be unanswered before the connection is given up
 * @param maxStaleness the oldest a local read may be
 * @param permissionTtl the oldest that what is known of the own permissions may be
 * @param maxTrackedKeys the most keys that the upstream is made to remember, about
 * @param primaryOnly whether a node that is no primary is as good as none
 * @param tracking whether the upstream is asked to tell of changes
 * @param unheldReads where reads of keys go that are not to be held
 * @param node which primary of a cluster it leads to; null where there is no cluster
 */
record TrackedSettings(
    Duration heartbeat,
    Duration readTimeout,
    Duration maxStaleness,
    Duration permissionTtl,
    int maxTrackedKeys,
    boolean primaryOnly,
    boolean tracking,
    UnheldReads unheldReads,
    @Nullable ClusterNode node) {
  /**
   * Returns those of one of {@code connections}: what a sidecar may make the upstream remember is
   * shared out evenly among them.
   */
  static TrackedSettings of(
      Coherence coherence, int connections, boolean primaryOnly, @Nullable ClusterNode node) {
    return new TrackedSettings(
        coherence.heartbeat(),
        coherence.fillTimeout(),
        coherence.maxStaleness(),
        coherence.permissionTtl(),
        Math.max(1, coherence.maxTrackedKeys() / connections),
        primaryOnly,
        coherence.mode() == CoherenceMode.TRACKING,
        coherence.unheldReads(),
        node);
  }
}
