package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.NearsideConfig.UnheldReads;
import java.util.concurrent.TimeUnit;

/**
 * Whether reads whose keys the upstream is not to remember are better made on the tracked
 * connection, in passing, than relayed: Redis is so far away that it pays to know a reply's place
 * among the pushes, instead of asking for that behind it; and the own user may do everything, so
 * that nobody is shown what he may not see. Thread-safe.
 */
final class PassingReads {
  /** From here on the way takes longer than what a read costs more here than on a lane. */
  private static final long FAR_NS = TimeUnit.MICROSECONDS.toNanos(200);

  private static final long AGAIN_NS = TimeUnit.MINUTES.toNanos(1);

  private final TrackedSettings settings;
  private final OwnPermission permission;
  private volatile long againNs;

  /** Creates it, for reads from {@code nowNs} on. */
  PassingReads(TrackedSettings settings, OwnPermission permission, long nowNs) {
    this.settings = settings;
    this.permission = permission;
    this.againNs = nowNs;
  }

  /**
   * Returns whether they are.
   *
   * @param roundTripNs how long the way there and back takes
   */
  boolean pay(long nowNs, long roundTripNs) {
    return settings.tracking()
        && settings.unheldReads() != UnheldReads.RELAYED
        && permission.isUnrestricted()
        && nowNs - againNs >= 0
        && (settings.unheldReads() == UnheldReads.ORDERED || roundTripNs >= FAR_NS);
  }

  /** None is made for a minute. */
  void suspend(long nowNs) {
    againNs = nowNs + AGAIN_NS;
  }
}
