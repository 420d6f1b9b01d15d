package dev.nearside.proxy.scene;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * A line of CLUSTER NODES: what a node says of another, or of itself.
 *
 * @param id of the node that this is about
 * @param flags {@code myself}, {@code master}, {@code fail?} and the like
 * @param primaryId whom it follows; {@code -} if nobody
 * @param epoch of its slots; of two that claim a slot, the one with the greater has it
 * @param linked whether the one that says so is connected to it
 * @param slots that it serves
 */
record ClusterLine(
    String id, Set<String> flags, String primaryId, long epoch, boolean linked, BitSet slots) {
  private static final int FIRST_SLOTS = 8;

  /**
   * Who follows whom and who serves what, since when: all that nodes have to agree on. One that has
   * not heard of an epoch takes a slot back with an older one, and is not believed by the others.
   */
  record Place(String id, String primaryId, BitSet slots, long epoch) {}

  /** Returns what a node says of all nodes, itself one of them. */
  static List<ClusterLine> of(RedisNode node) throws IOException {
    return node.ask("CLUSTER", "NODES").getFirst().lines().map(ClusterLine::parse).toList();
  }

  /** Returns what a node says of itself. */
  static ClusterLine ofItself(RedisNode node) throws IOException {
    return of(node).stream().filter(line -> line.is("myself")).findFirst().orElseThrow();
  }

  /** {@code id host:port@busport flags primary-id ping pong epoch link slots...} */
  private static ClusterLine parse(String line) {
    List<String> words = List.of(line.split(" ", -1));
    BitSet slots = new BitSet();
    for (String range : words.subList(FIRST_SLOTS, words.size())) {
      if (!range.startsWith("[")) { // one on its way is served by whom it leaves
        String[] ends = range.split("-", -1);
        slots.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
      }
    }
    return new ClusterLine(
        words.get(0),
        Set.of(words.get(2).split(",", -1)),
        words.get(3),
        Long.parseLong(words.get(6)),
        words.get(7).equals("connected"),
        slots);
  }

  boolean is(String flag) {
    return flags.contains(flag);
  }

  /** Returns whether the node is a full member, and well as far as is known. */
  boolean isWell() {
    return linked && !is("fail") && !is("fail?") && !is("handshake");
  }

  Place place() {
    return new Place(id, primaryId, slots, epoch);
  }
}
