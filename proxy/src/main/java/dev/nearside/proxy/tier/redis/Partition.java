package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.HashSlot;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Neighbouring slots whose keys of a namespace one sidecar drains at a time; in front of one
 * server, which has no slots, everything.
 *
 * @param namespace the name of the namespace
 * @param index which of {@code count} it is
 * @param count into how many the slots are cut, 1 where there are none
 */
public record Partition(String namespace, int index, int count) {
  /** Into how many a cluster's slots are cut. */
  private static final int COUNT = 16;

  private static final int SLOTS = HashSlot.COUNT / COUNT;

  /** Returns those of {@code namespace}. */
  static List<Partition> of(SideNames names, String namespace) {
    int count = names == SideNames.PLAIN ? 1 : COUNT;
    return IntStream.range(0, count).mapToObj(i -> new Partition(namespace, i, count)).toList();
  }

  /** Returns that which {@code slot} belongs to. */
  public static Partition of(String namespace, int slot) {
    return slot == HashSlot.NONE
        ? new Partition(namespace, 0, 1)
        : new Partition(namespace, slot / SLOTS, COUNT);
  }

  /** Returns whether it has slots. */
  public boolean hasSlots() {
    return count > 1;
  }

  /** Returns its slots, or {@link HashSlot#NONE} alone. */
  List<Integer> slots() {
    return hasSlots()
        ? IntStream.range(index * SLOTS, (index + 1) * SLOTS).boxed().toList()
        : List.of(HashSlot.NONE);
  }

  /** Returns the slot where that is which it has once. */
  int anchor() {
    return hasSlots() ? index * SLOTS : HashSlot.NONE;
  }

  /** Returns by which name the database knows it; no other has it. */
  public String row() {
    return hasSlots() ? namespace + "#" + index + "/" + count : namespace;
  }
}
