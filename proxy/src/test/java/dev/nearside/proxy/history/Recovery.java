package dev.nearside.proxy.history;

/**
 * How long the clients of one sidecar were without their primary.
 *
 * @param way how it went
 * @param sidecar whose clients
 * @param namedNs from its going until most sentinels named another
 * @param writtenNs from its going until a write of a client succeeded
 * @param localNs from its going until a read of a client was answered from memory again
 */
record Recovery(Failover.Way way, int sidecar, long namedNs, long writtenNs, long localNs) {
  @Override
  public String toString() {
    return "%s at sidecar %d: named %d ms, written %d ms, local %d ms"
        .formatted(way, sidecar, namedNs / 1_000_000, writtenNs / 1_000_000, localNs / 1_000_000);
  }

  /** Returns the part of the outage that was the sidecar's: none where it knew before most did. */
  long writtenAfterNamedNs() {
    return Math.max(0, writtenNs - namedNs);
  }

  /** As {@link #writtenAfterNamedNs}, until reads are local. */
  long localAfterNamedNs() {
    return Math.max(0, localNs - namedNs);
  }
}
