package dev.nearside.proxy.tier.local;

import dev.nearside.proxy.cluster.HashSlot;
import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A key to look up: the bytes of its name and its database.
 *
 * <p>One instance per event loop is set again for each look-up, so that a hit allocates nothing; a
 * {@link #copy} is immutable as long as nobody sets it. Not thread-safe while it is being set.
 * Equal to an {@link Entry} of the same name and database; the hash covers the name alone, seeded
 * once per process so that clients cannot choose collisions.
 */
public final class LookupKey {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long SEED = ThreadLocalRandom.current().nextLong() | 1;
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  private static final byte[] NONE = {};
  private static final int LEAST = 64;

  private byte[] bytes = NONE;
  private int length;
  private int database;
  private int hash;
  private int slot = HashSlot.NONE;

  /** Sets this key to {@code length} bytes of {@code from} at {@code start}; returns this. */
  public LookupKey set(int database, ByteBuf from, int start, int length) {
    if (length > bytes.length) {
      bytes = new byte[Math.max(LEAST, Integer.highestOneBit(length) << 1)];
    }
    from.getBytes(start, bytes, 0, length);
    this.length = length;
    this.database = database;
    hash = hash(bytes, 0, length);
    slot = HashSlot.NONE;
    return this;
  }

  /** Returns a key of its own, of {@code length} bytes of {@code from} at {@code start}. */
  public static LookupKey of(int database, ByteBuf from, int start, int length) {
    LookupKey key = new LookupKey();
    key.bytes = new byte[length];
    return key.set(database, from, start, length);
  }

  /** Sets this key to the whole of {@code name}, which must not change while it is in use. */
  public LookupKey set(int database, byte[] name) {
    bytes = name;
    length = name.length;
    this.database = database;
    hash = hash(name, 0, name.length);
    slot = HashSlot.NONE;
    return this;
  }

  /** Returns an independent copy that holds exactly the name's bytes. */
  public LookupKey copy() {
    LookupKey copy = new LookupKey();
    copy.bytes = name();
    copy.length = length;
    copy.database = database;
    copy.hash = hash;
    return copy;
  }

  /** Returns a copy of the name. */
  public byte[] name() {
    return Arrays.copyOf(bytes, length);
  }

  /** Returns the array that holds the name in its first {@link #length()} bytes; not a copy. */
  public byte[] array() {
    return bytes;
  }

  /** Returns the length of the name in bytes. */
  public int length() {
    return length;
  }

  /** Returns the database the key is looked up in. */
  public int database() {
    return database;
  }

  /** Returns the slot of a cluster that the key is in. */
  public int slot() {
    if (slot == HashSlot.NONE) {
      slot = HashSlot.of(bytes, length);
    }
    return slot;
  }

  /** Returns this key in another database. */
  public LookupKey in(int otherDatabase) {
    LookupKey copy = new LookupKey();
    copy.bytes = bytes;
    copy.length = length;
    copy.database = otherDatabase;
    copy.hash = hash;
    return copy;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return switch (other) {
      case Entry entry -> entry.isFor(this);
      case LookupKey key ->
          key.database == database && Arrays.equals(bytes, 0, length, key.bytes, 0, key.length);
      default -> false;
    };
  }

  /** Folded multiply over eight bytes at a time (the construction of wyhash). */
  static int hash(byte[] bytes, int start, int length) {
    long state = SEED ^ length;
    int i = start;
    int end = start + length;
    for (; i + 8 <= end; i += 8) {
      state = fold(state ^ (long) LONGS.get(bytes, i));
    }
    long tail = 0;
    for (; i < end; i++) {
      tail = tail << 8 | (bytes[i] & 0xff);
    }
    state = fold(state ^ tail);
    return (int) (state ^ state >>> 32);
  }

  private static long fold(long word) {
    return word * MULTIPLIER ^ Math.unsignedMultiplyHigh(word, MULTIPLIER);
  }
}
