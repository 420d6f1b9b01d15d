package dev.nearside.proxy.telemetry;

/** The way a request takes through the sidecar; each request takes exactly one. */
public enum Way {
  /** Answered from L1. */
  LOCAL,
  /** A cacheable read that L1 did not have: a flight read Redis or the database. */
  FILL,
  /** A write that the sidecar made itself: the database first, then Redis. */
  THROUGH,
  /** Passed through on a lane or a bulk lane. */
  RELAY,
  /** Passed through on an upstream connection of the client's own. */
  PINNED
}
