package dev.nearside.proxy.server;

import dev.nearside.proxy.tier.local.LookupKey;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The keys that the upstream has let a client read lately, who is not the sidecar's own user: these
 * L1 may show it. Confined to the client's event loop.
 *
 * <p>What is known is what was answered: a GET of the key on the client's own connection, no longer
 * than the permission's time to live ago. So a permission that is lost ends local reads within that
 * time, and what the upstream would refuse was never shown.
 */
final class ReadGrants {
  private static final int MOST = 1024;

  private final long ttlNs;
  private final Map<LookupKey, Long> grantedNs =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<LookupKey, Long> eldest) {
          return size() > MOST;
        }
      };

  ReadGrants(long ttlNs) {
    this.ttlNs = ttlNs;
  }

  /** Returns whether {@code key} may be shown. */
  boolean allow(LookupKey key, long nowNs) {
    Long since = grantedNs.get(key);
    return since != null && nowNs - since <= ttlNs;
  }

  /** A GET of {@code key}, which is kept, that was sent at {@code sentNs} was not refused. */
  void granted(LookupKey key, long sentNs) {
    grantedNs.remove(key); // so that it is the youngest
    grantedNs.put(key, sentNs);
  }

  /** A GET of {@code key} was answered with an error. */
  void refused(LookupKey key) {
    grantedNs.remove(key);
  }

  /** The client is somebody else from here on. */
  void clear() {
    grantedNs.clear();
  }
}
