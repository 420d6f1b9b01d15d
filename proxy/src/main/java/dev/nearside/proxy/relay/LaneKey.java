package dev.nearside.proxy.relay;

/**
 * Which lane of an event loop: to which node, its protocol, its database, and what it carries.
 *
 * @param node where it leads
 * @param protocol 2 or 3
 * @param database the selected database
 * @param kind what it carries
 */
public record LaneKey(Node node, int protocol, int database, Kind kind) {
  /** What a lane carries, so that a slow kind delays only itself. */
  public enum Kind {
    /** Reads, which nothing that waits for a write to be allowed may hold up. */
    READS,
    /** Writes, and reads of a client that waits for its write. */
    WRITES,
    /** Scripts, and whatever else a client sends that waits for its script. */
    SCRIPTS,
    /** Reads known for big replies. */
    BULK,
    /** What clients say on connecting, and whatever else needs neither database nor state. */
    GREETING
  }
}
