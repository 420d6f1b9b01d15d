package dev.nearside.proxy.command;

import java.util.Map;

/** Which servers of a cluster a command is for, and what their replies make together. */
public enum Spread {
  /** The one that has its keys; one that has none goes to any. */
  KEYS,
  /** The one that has its channel, which is in a slot as a key would be. */
  CHANNEL,
  /** Each that has some of its keys: an array of values, in the order of the keys. */
  VALUES,
  /** Each that has some of its keys: the sum. */
  COUNTS,
  /** Each that has some of its pairs of key and value: one OK. */
  PAIRS,
  /** All: the sum. */
  ALL_COUNT,
  /** All: one array. */
  ALL_LIST,
  /** All: one reply, which is the same everywhere. */
  ALL_SAME,
  /** All, one after the other, by a cursor that says where it stands. */
  CURSOR;

  private static final Map<String, Spread> BY_NAME =
      Map.ofEntries(
          Map.entry("MGET", VALUES),
          Map.entry("DEL", COUNTS),
          Map.entry("UNLINK", COUNTS),
          Map.entry("EXISTS", COUNTS),
          Map.entry("TOUCH", COUNTS),
          Map.entry("MSET", PAIRS),
          Map.entry("DBSIZE", ALL_COUNT),
          Map.entry("KEYS", ALL_LIST),
          Map.entry("FLUSHALL", ALL_SAME),
          Map.entry("FLUSHDB", ALL_SAME),
          Map.entry("SCRIPT LOAD", ALL_SAME),
          Map.entry("SCRIPT FLUSH", ALL_SAME),
          Map.entry("FUNCTION LOAD", ALL_SAME),
          Map.entry("FUNCTION DELETE", ALL_SAME),
          Map.entry("FUNCTION FLUSH", ALL_SAME),
          Map.entry("FUNCTION RESTORE", ALL_SAME),
          Map.entry("SCAN", CURSOR),
          Map.entry("SPUBLISH", CHANNEL),
          Map.entry("SSUBSCRIBE", CHANNEL),
          Map.entry("SUNSUBSCRIBE", CHANNEL));

  static Spread of(String name) {
    return BY_NAME.getOrDefault(name, KEYS);
  }

  /** Returns whether the keys of one request may be on several servers. */
  public boolean splitsKeys() {
    return this == VALUES || this == COUNTS || this == PAIRS;
  }

  /** Returns whether every server is asked at once. */
  public boolean isForAll() {
    return this == ALL_COUNT || this == ALL_LIST || this == ALL_SAME;
  }
}
