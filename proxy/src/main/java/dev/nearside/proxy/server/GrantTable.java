package dev.nearside.proxy.server;

import dev.nearside.proxy.tier.local.LookupKey;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the clients of one event loop have been let read lately who are not the sidecar's own user;
 * see {@link ReadGrants}. Confined to the event loop.
 *
 * <p>In the order in which it was learned, so that what is too old, or too much, is at its front:
 * of all connections together it holds about {@value #MOST_BYTES} bytes, and each grant that comes
 * takes those away that have expired. Who was granted something is told apart by identity.
 */
public final class GrantTable {
  static final int MOST_BYTES = 4 * 1024 * 1024;

  /** About what a grant takes besides the bytes of its key. */
  private static final int GRANT_BYTES = 160;

  /** One grantee's key; set anew for each look-up, where it is not in the table. */
  private static final class Grant {
    private Object grantee;
    private LookupKey key;

    Grant(Object grantee, LookupKey key) {
      this.grantee = grantee;
      this.key = key;
    }

    int bytes() {
      return GRANT_BYTES + key.length();
    }

    @Override
    public int hashCode() {
      return 31 * key.hashCode() + System.identityHashCode(grantee);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the very grantee
    public boolean equals(Object other) {
      return other instanceof Grant grant && grant.grantee == grantee && grant.key.equals(key);
    }
  }

  private final long ttlNs;
  private final Grant asked = new Grant(this, new LookupKey());
  private final LinkedHashMap<Grant, Long> grantedNs = new LinkedHashMap<>();
  private long bytes;

  /** Creates an empty table of grants that hold for {@code ttlNs}. */
  public GrantTable(long ttlNs) {
    this.ttlNs = ttlNs;
  }

  /** Returns how many grants are remembered, those included that have expired. */
  int size() {
    return grantedNs.size();
  }

  /** Returns about how many bytes of memory they take. */
  long bytes() {
    return bytes;
  }

  boolean allows(Object grantee, LookupKey key, long nowNs) {
    Long since = grantedNs.get(asking(grantee, key));
    return since != null && nowNs - since <= ttlNs;
  }

  void grant(Object grantee, LookupKey key, long sentNs) {
    refuse(grantee, key); // so that it is the youngest
    Grant grant = new Grant(grantee, key.copy());
    grantedNs.put(grant, sentNs);
    bytes += grant.bytes();
    purge(sentNs);
  }

  void refuse(Object grantee, LookupKey key) {
    if (grantedNs.remove(asking(grantee, key)) != null) {
      bytes -= asked.bytes();
    }
  }

  private void purge(long nowNs) {
    Map.Entry<Grant, Long> eldest = grantedNs.firstEntry();
    while (eldest != null && (bytes > MOST_BYTES || nowNs - eldest.getValue() > ttlNs)) {
      grantedNs.pollFirstEntry();
      bytes -= eldest.getKey().bytes();
      eldest = grantedNs.firstEntry();
    }
  }

  private Grant asking(Object grantee, LookupKey key) {
    asked.grantee = grantee;
    asked.key = key;
    return asked;
  }
}
