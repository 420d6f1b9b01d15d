package dev.nearside.proxy.command;

/** What a command may do to keys, as far as L1 is concerned. */
public enum Effect {
  /** Reads keys, or the keyspace as a whole. */
  READS,
  /** Writes keys; {@link KeyPositions} names them, and says so where it cannot name all. */
  WRITES_KEYS,
  /** May write keys that no argument names. */
  WRITES_OPAQUE,
  /** Whole data sets come, go or change places, possibly without an invalidation push. */
  FLUSHES,
  /** Neither reads nor writes keys. */
  NONE
}
