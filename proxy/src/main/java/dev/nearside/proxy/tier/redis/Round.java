package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.HashSlot;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the database takes in one transaction: a batch of each of some slots.
 *
 * @param name told from all others by it
 * @param slots those of which it has something
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
public record Round(byte[] name, List<Integer> slots) {
  /*
   *  0                16      18
   *  +----------------+-------+-------+--
   *  | name           | slot  | slot  | ...   no slots in front of one server
   *  +----------------+-------+-------+--
   */
  static final int NAME_BYTES = 16;

  /** Returns it as the database keeps it. */
  public byte[] bytes() {
    ByteBuffer bytes = ByteBuffer.allocate(NAME_BYTES + Short.BYTES * slots.size()).put(name);
    slots.stream()
        .filter(slot -> slot != HashSlot.NONE)
        .forEach(slot -> bytes.putShort(slot.shortValue()));
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  /** Returns what {@link #bytes} has made. */
  public static Round of(byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    byte[] name = new byte[NAME_BYTES];
    from.get(name);
    List<Integer> slots = new ArrayList<>();
    while (from.hasRemaining()) {
      slots.add((int) from.getShort());
    }
    return new Round(name, slots.isEmpty() ? List.of(HashSlot.NONE) : slots);
  }
}
