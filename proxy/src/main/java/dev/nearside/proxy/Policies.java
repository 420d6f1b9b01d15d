package dev.nearside.proxy;

import dev.nearside.proxy.config.Discovery.Sentinels;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.CoherenceMode;
import dev.nearside.proxy.config.NearsideConfig.MgetMode;
import dev.nearside.proxy.config.NearsideConfig.Trust;
import dev.nearside.proxy.relay.Transport;
import dev.nearside.proxy.server.ServerPolicy;
import dev.nearside.proxy.tier.DatabaseFill;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.database.DatabaseTier;
import java.time.Duration;

/** What the configuration says to each part, in that part's own words. Pure functions. */
final class Policies {
  private Policies() {}

  /** Returns what drives sockets; the best that this machine has, where it is left open. */
  static Transport transport(NearsideConfig.Transport wanted) {
    return switch (wanted) {
      case AUTO -> Transport.best();
      case EPOLL -> Transport.epoll();
      case IO_URING -> Transport.ioUring();
      case NIO -> Transport.nio();
    };
  }

  /** Returns how clients are served. */
  static ServerPolicy server(NearsideConfig config) {
    return new ServerPolicy(
        config.limits().maxClients(),
        config.limits().maxBulkBytes(),
        config.limits().maxQueryBufferBytes(),
        config.limits().maxOutputBytes(),
        config.listenMode(),
        config.limits().idleTimeout(),
        (int) config.limits().tcpKeepalive().toSeconds(),
        config.upstream().database(),
        config.coherence().maxStaleness().toNanos(),
        config.coherence().permissionTtl().toNanos(),
        config.trust() == Trust.NETWORK,
        config.proxyProtocol(),
        config.l1().mget() == MgetMode.MERGE,
        config.upstream().redirectFor().toNanos(),
        config.upstream().discovery() instanceof Sentinels named ? named.primary() : null);
  }

  /** Returns how keys are read and held. */
  static ReadPath.Policy reads(NearsideConfig config) {
    return new ReadPath.Policy(
        config.l1().maxEntryBytes(),
        longestLife(config),
        config.l1().admissionWindow(),
        config.l1().skipsChurning(),
        config.l1().refreshesEarly(),
        config.coherence().fillTimeout(),
        config.upstream().retryReadsFor(),
        config.upstream().database());
  }

  /** Without tracking an entry must be gone before it is older than the staleness allowed. */
  private static Duration longestLife(NearsideConfig config) {
    Duration max = config.l1().maxTtl();
    Duration staleness = config.coherence().maxStaleness();
    boolean tracking = config.coherence().mode() == CoherenceMode.TRACKING;
    return tracking || max.compareTo(staleness) < 0 ? max : staleness;
  }

  /**
   * Returns how the database is used.
   *
   * @param maxWaiting the most reads that may wait for it
   */
  static DatabaseTier.Settings database(NearsideConfig.Database settings, int maxWaiting) {
    return new DatabaseTier.Settings(
        settings.url(),
        settings.user(),
        settings.password(),
        settings.poolSize(),
        settings.timeout(),
        settings.maxBatch(),
        maxWaiting);
  }

  /** Returns how long a fill from the database may take. */
  static DatabaseFill.Limits fills(
      NearsideConfig.Database settings, NearsideConfig.Coherence coherence) {
    return new DatabaseFill.Limits(
        settings.timeout(), coherence.fillTimeout(), coherence.maxStaleness());
  }
}
