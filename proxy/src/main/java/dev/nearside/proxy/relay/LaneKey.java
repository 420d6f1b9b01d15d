package dev.nearside.proxy.relay;

/**
 * Which lane of an event loop: its protocol (2 or 3), its database, and what it carries.
 *
 * @param protocol 2 or 3
 * @param database the selected database
 * @param kind what it carries
 */
public record LaneKey(int protocol, int database, Kind kind) {
  /** What a lane carries, so that a slow kind delays only itself. */
  public enum Kind {
    /** Ordinary commands. */
    COMMANDS,
    /** Commands known for big replies. */
    BULK,
    /** What clients say on connecting and what the server answers to it. */
    GREETING
  }
}
