package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.cluster.HashSlot;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The names at Redis of what Nearside keeps beside keys: {@code nearside:lease:<key>} for example.
 * In a cluster they have to be in the key's slot, and so have a tag of it: {@code
 * nearside:lease:{02ja}:<key>}. The key's own tag would not do: there are keys that have none, and
 * a brace. Immutable.
 */
public final class SideNames {
  /** In front of one server. */
  public static final SideNames PLAIN = new SideNames(false);

  /** In front of a cluster. */
  public static final SideNames IN_SLOTS = new SideNames(true);

  private static final String LEASE = "nearside:lease:";
  private static final String PENDING = "nearside:behind:";
  private static final String STRANGE = "nearside:strange:";
  private static final String OUTBOX = "nearside:outbox:";
  private static final byte[] LEASE_BYTES = LEASE.getBytes(US_ASCII);

  private final boolean inSlots;

  private SideNames(boolean inSlots) {
    this.inSlots = inSlots;
  }

  /** Returns whether slots matter. */
  boolean areInSlots() {
    return inSlots;
  }

  /** Returns the slot of {@code key}, or {@link HashSlot#NONE} where there are none. */
  public int slotOf(byte[] key) {
    return inSlots ? HashSlot.of(key, key.length) : HashSlot.NONE;
  }

  /** Returns the name of what says who may put {@code key} into Redis. */
  public byte[] lease(byte[] key) {
    return joined(leases(slotOf(key)), key);
  }

  /** Returns the name of what the database has not taken of {@code key}. */
  byte[] pending(byte[] key) {
    return joined(pendings(slotOf(key)), key);
  }

  /** Returns what the names of leases of keys in {@code slot} begin with. */
  public byte[] leases(int slot) {
    return prefix(LEASE, slot);
  }

  /** Returns the pattern, as of SCAN, of what the names of all leases begin with. */
  String leasePattern() {
    return inSlots ? LEASE + "{" + "?".repeat(Tags.LENGTH) + "}:" : LEASE;
  }

  /** As {@link #leases}, of what is pending. */
  byte[] pendings(int slot) {
    return prefix(PENDING, slot);
  }

  /** As {@link #leases}, of what was found in place of something pending. */
  byte[] stranges(int slot) {
    return prefix(STRANGE, slot);
  }

  /** Returns what the names of all that is kept of outboxes in {@code slot} begin with. */
  byte[] outboxes(int slot) {
    return prefix(OUTBOX, slot);
  }

  /** Returns the key that {@code name} is the lease of, or null where it is none. */
  public byte @Nullable [] keyOfLease(ByteBuffer name) {
    int start = LEASE_BYTES.length + (inSlots ? Tags.LENGTH + 3 : 0);
    int length = name.remaining() - start;
    if (length < 0
        || !name.slice(name.position(), LEASE_BYTES.length).equals(ByteBuffer.wrap(LEASE_BYTES))) {
      return null;
    }
    byte[] key = new byte[length];
    name.get(name.position() + start, key);
    return key;
  }

  /** Returns {@code all} by the slots of their keys, in the order in which those come first. */
  <T> Map<Integer, List<T>> bySlot(List<T> all, Function<T, byte[]> key) {
    if (!inSlots) {
      return Map.of(HashSlot.NONE, all);
    }
    Map<Integer, List<T>> slots = new LinkedHashMap<>();
    for (T each : all) {
      slots.computeIfAbsent(slotOf(key.apply(each)), first -> new ArrayList<>()).add(each);
    }
    return slots;
  }

  private static byte[] prefix(String what, int slot) {
    return (slot == HashSlot.NONE ? what : what + "{" + Tags.of(slot) + "}:").getBytes(UTF_8);
  }

  private static byte[] joined(byte[] prefix, byte[] rest) {
    return ByteBuffer.allocate(prefix.length + rest.length).put(prefix).put(rest).array();
  }

  /** A short name in each slot; made when the first is asked for. */
  private static final class Tags {
    static final int LENGTH = 4;

    private static final int DIGITS = 36;
    private static final String[] ALL = all();

    private Tags() {}

    static String of(int slot) {
      return ALL[slot];
    }

    private static String[] all() {
      String[] all = new String[HashSlot.COUNT];
      int left = all.length;
      for (int i = 0; left > 0; i++) {
        String digits = Integer.toString(i, DIGITS);
        String tag = "0".repeat(LENGTH - digits.length()) + digits;
        int slot = HashSlot.of(tag.getBytes(US_ASCII), LENGTH);
        left -= all[slot] == null ? 1 : 0;
        all[slot] = all[slot] == null ? tag : all[slot];
      }
      return all;
    }
  }
}
