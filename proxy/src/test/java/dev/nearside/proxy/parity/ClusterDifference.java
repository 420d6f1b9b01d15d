package dev.nearside.proxy.parity;

/**
 * Each way in which a cluster behind the sidecar is unlike one Redis, in the words of README.md.
 * {@link ClusterJudge} foretells where they show in random streams; {@link ClusterDifferenceIT}
 * shows one example of each.
 */
enum ClusterDifference {
  CROSS_SLOT(
      "`-CROSSSLOT` for keys of several slots, but not from `MGET` `MSET` `DEL` `UNLINK` `EXISTS`"
          + " `TOUCH` of at most 64 KiB",
      "no node has all the keys; with one hash tag, as `{user:1}:a`, they are in one slot"),
  NOT_ATOMIC(
      "those six are not atomic over slots, and an error of one node is the whole's though others"
          + " have done their part",
      "each node does its part by itself"),
  ONE_SLOT_TRANSACTION(
      "`-CROSSSLOT`, and no `EXEC`, for keys of several slots in one `MULTI`, or of several nodes in"
          + " `WATCH`",
      "a transaction is one node's"),
  NOT_QUEUED(
      "refused in `MULTI`: what is for all nodes (`DBSIZE` `KEYS` `SCAN` `FLUSHALL` `FLUSHDB`,"
          + " loading and flushing of scripts and functions), for the connection (`HELLO` `AUTH`"
          + " `SUBSCRIBE`, most of `CLIENT`), or about the cluster",
      "`EXEC` is one node's, and its connection is not the only one"),
  ONE_DATABASE(
      "no `SELECT` but of 0, no `MOVE`, `SWAPDB` or `COPY … DB`", "a cluster has one database"),
  SORT_BY_KEYS(
      "no `SORT … BY` a pattern, no `SORT … GET`", "the keys that are meant may be anywhere"),
  UNDECLARED_KEYS(
      "scripts and functions fail on keys that are not among their `KEYS`, unless these happen to"
          + " be at the same node",
      "they run where their first key is"),
  SCRIPT_OF_ONE_NODE(
      "`-NOSCRIPT` for a script that only `EVAL` has brought in, if its keys are elsewhere now;"
          + " `SCRIPT EXISTS` asks one node",
      "`EVAL` tells one node; `SCRIPT LOAD` tells all"),
  SCAN_CURSORS(
      "other cursors and steps of `SCAN`; a key that changes nodes meanwhile is seen twice or not"
          + " at all",
      "one node is asked after the other"),
  ONE_NODE(
      "`INFO` `CONFIG` `RANDOMKEY` `MONITOR` `CLIENT LIST` `PUBSUB` `DEBUG` and what else names no"
          + " key, or not as a key, are about one node",
      "nothing says which is meant"),
  WAIT_OF_ONE_NODE("`WAIT` is about the node last written to", "each node has its own replicas"),
  RECEIVERS(
      "`PUBLISH` and `SPUBLISH` count the receivers at one node",
      "the nodes pass messages on without an answer"),
  LATE_MESSAGES(
      "messages, and what `CLIENT TRACKING` pushes, may come after replies that they came before;"
          + " who unsubscribes meanwhile does not get them; a flush is pushed once for each node",
      "they come over connections of several nodes"),
  CLUSTER_COMMANDS(
      "`READONLY` `READWRITE` `ASKING` and `CLUSTER …` are understood; `HELLO` and `INFO` say"
          + " `cluster`",
      "this is a cluster"),
  EVERY_REPLY(
      "no `CLIENT REPLY OFF` or `SKIP`, no `CLIENT CACHING`, no `CLIENT TRACKING … REDIRECT`",
      "replies tell where a slot has gone; the others are about one connection to one node");

  private final String what;
  private final String why;

  ClusterDifference(String what, String why) {
    this.what = what;
    this.why = why;
  }

  /** Returns the row of the table in README.md. */
  String row() {
    return "| " + what + " | " + why + " |";
  }

  /** Returns what the report calls it. */
  String words() {
    return what;
  }
}
