package dev.nearside.proxy.server;

import dev.nearside.proxy.tier.local.LookupKey;

/**
 * The keys that the upstream has let a client read lately, who is not the sidecar's own user: these
 * L1 may show it. Confined to the client's event loop.
 *
 * <p>What is known is what was answered: a GET of the key on the client's own connection, no longer
 * than the permission's time to live ago. So a permission that is lost ends local reads within that
 * time, and what the upstream would refuse was never shown.
 */
final class ReadGrants {
  private final GrantTable table;
  private Object grantee = new Object();

  /**
   * Creates the grants of one client; it has none.
   *
   * @param table where those of all clients of the event loop are
   */
  ReadGrants(GrantTable table) {
    this.table = table;
  }

  /** Returns whether {@code key} may be shown. */
  boolean allow(LookupKey key, long nowNs) {
    return table.allows(grantee, key, nowNs);
  }

  /** A GET of {@code key} that was sent at {@code sentNs} was not refused. */
  void granted(LookupKey key, long sentNs) {
    table.grant(grantee, key, sentNs);
  }

  /** A GET of {@code key} was answered with an error. */
  void refused(LookupKey key) {
    table.refuse(grantee, key);
  }

  /** The client is somebody else from here on. */
  void clear() {
    grantee = new Object();
  }
}
