package dev.nearside.proxy.cluster;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who has which slot; immutable. Another that differs in one slot shares all but one of its {@value
 * #PARTS} parts with it, so that a slot that moves costs what one slot costs.
 */
public final class SlotOwners {
  private static final int PART_BITS = 7;
  private static final int PART = 1 << PART_BITS;
  private static final int PARTS = HashSlot.COUNT / PART;

  /** Nobody is known to have any. */
  static final SlotOwners NOBODY = nobody();

  private final @Nullable Address[][] parts;

  private SlotOwners(@Nullable Address[][] parts) {
    this.parts = parts;
  }

  private static SlotOwners nobody() {
    @Nullable Address[][] parts = new Address[PARTS][];
    Arrays.fill(parts, new Address[PART]);
    return new SlotOwners(parts);
  }

  /** Returns who has {@code slot}, or null where nobody is known to. */
  public @Nullable Address of(int slot) {
    return parts[slot >> PART_BITS][slot & PART - 1];
  }

  /** Returns these with {@code owner} as who has {@code slot}. */
  SlotOwners with(int slot, Address owner) {
    @Nullable Address[][] next = parts.clone();
    @Nullable Address[] part = parts[slot >> PART_BITS].clone();
    part[slot & PART - 1] = owner;
    next[slot >> PART_BITS] = part;
    return new SlotOwners(next);
  }

  /** Returns those of {@code owners}, by slot; these themselves where they are the same. */
  SlotOwners become(@Nullable Address[] owners) {
    @Nullable Address[][] next = parts.clone();
    boolean same = true;
    for (int i = 0; i < PARTS; i++) {
      if (!Arrays.equals(owners, i * PART, (i + 1) * PART, parts[i], 0, PART)) {
        next[i] = Arrays.copyOfRange(owners, i * PART, (i + 1) * PART);
        same = false;
      }
    }
    return same ? this : new SlotOwners(next);
  }

  /** Tells {@code then} who has each slot that somebody has, in their order. */
  void forEach(Consumer<Address> then) {
    for (@Nullable Address[] part : parts) {
      for (Address owner : part) {
        if (owner != null) {
          then.accept(owner);
        }
      }
    }
  }
}
