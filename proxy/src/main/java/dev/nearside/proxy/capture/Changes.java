package dev.nearside.proxy.capture;

import dev.nearside.proxy.namespace.Namespace;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * What a transaction, or a part of one, takes out of Redis. Immutable.
 *
 * @param keys keys
 * @param flushed namespaces of which all keys go
 * @param xid the lower half of the transaction's number
 * @param committedUs when it was committed, in microseconds since 1970, by the database's clock
 * @param endLsn where its commit ends in the log, or 0 if more of it follows
 */
record Changes(List<byte[]> keys, Set<Namespace> flushed, int xid, long committedUs, long endLsn) {
  /** Copies what it is given. */
  static Changes of(
      Collection<byte[]> keys, Collection<Namespace> flushed, int xid, long atUs, long endLsn) {
    return new Changes(List.copyOf(keys), Set.copyOf(flushed), xid, atUs, endLsn);
  }

  boolean isEmpty() {
    return keys.isEmpty() && flushed.isEmpty();
  }
}
