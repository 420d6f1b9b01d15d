package dev.nearside.proxy.scene;

import java.io.IOException;
import java.util.List;

/**
 * A slot for the keys of a test, and where it may go.
 *
 * @param tag a hash tag of the slot: keys that begin with it are in the slot
 * @param slot its number
 * @param from the primary that served it first
 * @param to another primary
 */
public record MovableSlot(
    RedisCluster cluster, String tag, int slot, RedisNode from, RedisNode to) {
  /**
   * Takes a slot of the primary at {@code index}, for the one after it.
   *
   * @param prefix how the text of the tag begins
   */
  public static MovableSlot of(RedisCluster cluster, String prefix, int index) throws IOException {
    List<RedisNode> primaries = cluster.primaries();
    RedisNode from = primaries.get(index);
    String key = RedisCluster.keyOn(from, prefix);
    RedisNode to = primaries.get((index + 1) % primaries.size());
    return new MovableSlot(cluster, "{" + key + "}", RedisCluster.slotOf(key), from, to);
  }

  /** Goes to the other primary with all keys; the nodes need not have all heard of it. */
  public void go() throws IOException {
    cluster.beginMove(slot, to).end();
  }

  /** Comes back with all keys; waits until all nodes agree, before it and behind it. */
  public void comeBack() throws IOException {
    cluster.awaitSettled();
    cluster.moveSlot(slot, from);
  }
}
