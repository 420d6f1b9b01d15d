package dev.nearside.proxy.history;

/**
 * A few keys in two databases, for one round; in a cluster in two slots of its one database, by two
 * hash tags, which stand for databases then.
 *
 * @param arena where it is played: who is told by a channel is told in all rounds of it
 * @param prefix of their names
 * @param databases their two databases
 * @param tagged whether these are two hash tags instead
 */
@SuppressWarnings("ArrayRecordComponent") // never changed; a list would box or double what is held
record Group(String arena, String prefix, int[] databases, boolean tagged) {
  /** How many names there are; each is a key in either database. */
  static final int KEYS = 4;

  static final int SLOTS = 2 * KEYS;

  String name(int slot) {
    String tag = tagged ? "{" + prefix + slot / KEYS + "}" : "";
    return prefix + tag + (char) ('a' + slot % KEYS);
  }

  String database(int slot) {
    return databaseName(slot / KEYS);
  }

  /** Returns the number of its first or second database. */
  String databaseName(int index) {
    return Integer.toString(databases[index]);
  }

  /** Returns the channel on which clients tell each other of what they wrote. */
  String channel() {
    return arena + "channel";
  }

  /** Returns the list by which they do. */
  String queue() {
    return prefix + "queue";
  }

  /** Returns how a slot is shown: {@code a0} is key a in the first database. */
  static String slotName(int slot) {
    return (char) ('a' + slot % KEYS) + "" + slot / KEYS;
  }
}
