package dev.nearside.proxy.history;

import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.util.List;

/**
 * Servers of which one takes another's place.
 *
 * <p>Redis replicates asynchronously: an ordinary failover may lose what was acknowledged, and that
 * is no violation of the sidecars'. Rather than to let the checker forgive it, every failover here
 * is made lossless, and none happens unasked:
 *
 * <ul>
 *   <li>Between failovers a node may be silent for a minute before it is taken for down.
 *   <li>A primary that is to go executes no more writes ({@link #hold}: it refuses them, as without
 *       enough replicas), and then waits until its replicas have all that it executed. Only then is
 *       it told to hand over, killed or stopped.
 *   <li>One that hands over goes on answering reads, so the next refuses writes, too, until nobody
 *       asks the old one any more: otherwise who asks it would be shown the past by Redis itself.
 *       One that was killed or stopped answers nobody, and the next takes writes at once.
 *   <li>Who goes without a sidecar does so by a hop, which follows the primary.
 * </ul>
 */
interface Failover {
  /** More replicas than there are. */
  int TOO_MANY = 99;

  /** How a primary goes. */
  enum Way {
    /** It is told to, and becomes a replica. */
    HANDED_OVER,
    /** It is killed, and comes back empty, as the primary it was for a moment. */
    KILLED,
    /** It hangs, and goes on as the primary it was, for a moment. */
    HUNG
  }

  /** Who is told of what happens in a failover. */
  interface Watcher {
    /**
     * The primary no longer takes writes, and goes now.
     *
     * @param stem of keys that are its own
     */
    void begun(String stem) throws IOException;

    /** Another is the primary. */
    void named();

    /** Waits until every sidecar has said that it goes elsewhere. */
    void awaitMoved();

    /** The next takes writes: waits until every sidecar serves as before. */
    void awaitServed() throws InterruptedException;
  }

  /**
   * Makes another node the primary, loses nothing, and returns once all is settled.
   *
   * @param awayMs how long the old primary stays away once the sidecars serve again
   */
  void failOver(Way way, int awayMs, Watcher watcher) throws IOException, InterruptedException;

  /** Has a node refuse every write for want of replicas, whoever sends it, or take them again. */
  static void hold(RedisNode node, boolean on) throws IOException {
    node.ask("CONFIG", "SET", "min-replicas-to-write", on ? "" + TOO_MANY : "0");
  }

  /** Waits until the replicas have all that their primary has executed. */
  static void awaitCopied(RedisNode primary, List<RedisNode> replicas) throws IOException {
    long executed = offset(primary, "master_repl_offset:");
    for (RedisNode replica : replicas) {
      Waiting.until(
          replica + " has it all", () -> offset(replica, "slave_repl_offset:") >= executed);
    }
  }

  private static long offset(RedisNode node, String field) throws IOException {
    return node.call("INFO", "replication")
        .lines()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> Long.parseLong(line.substring(field.length())))
        .findFirst()
        .orElseThrow();
  }

  /** The old primary comes back. */
  static void comeBack(RedisNode old, Way way) {
    switch (way) {
      case HANDED_OVER -> {}
      case KILLED -> old.restart();
      case HUNG -> old.resume();
    }
  }
}
