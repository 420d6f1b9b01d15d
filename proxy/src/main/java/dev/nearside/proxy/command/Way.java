package dev.nearside.proxy.command;

/** Which way a request takes through the sidecar. When in doubt, {@link #PINNED}. */
public enum Way {
  /** Answered from L1 where that is provably safe: GET. */
  LOCAL_GET,
  /** The same for several keys at once: MGET. */
  LOCAL_MGET,
  /** Relayed on a lane that several clients share. */
  LANE,
  /** Relayed on the lane for commands whose replies are usually large. */
  BULK_LANE,
  /** Relayed on an upstream connection of this client alone, which it keeps from then on. */
  PINNED,
  /**
   * As {@link #PINNED}, and from then on bytes flow without requests and replies being told apart.
   */
  PIPE,
  /** What clients say on connecting; learned from the upstream and replayed, never pins. */
  GREETING,
  /** QUIT: answered, then the connection is closed. */
  QUIT,
  /** RESET: the connection returns to how it was when it was opened. */
  RESET,
  /** A command of Nearside itself, never seen by the upstream. */
  OWN
}
