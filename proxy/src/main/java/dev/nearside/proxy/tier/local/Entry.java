package dev.nearside.proxy.tier.local;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One key of L1 and what is known of it: a flight that is reading it, or the value it was read to
 * be.
 *
 * <p>The same object is the cache's key and its value, and one array holds name and reply, so that
 * a 100-byte value costs two objects:
 *
 * <pre>
 *   bytes:  | name (nameLength) | reply as written, "$5\r\nhello\r\n", or its LZ4 block, or nothing for nil |
 * </pre>
 *
 * <p>Life: created in flight; {@link #land} is called once, by the thread that completes the
 * flight. The volatile write of {@code flight} there publishes the plain fields before it to every
 * reader that has seen {@link #flight()} return null. Later only its times move, by {@link #renew},
 * when the very same value was read again, and its marks: whether it was ever served, and whether
 * since the upstream was last told that its key is in use.
 */
public final class Entry {
  private static final VarHandle RENEWING = renewing();
  private static final byte SERVED_EVER = 1;
  private static final byte SERVED_LATELY = 2;

  private final int hash;
  private final int database;
  private final int nameLength;
  private final int epoch;
  private final short namespace;
  private byte served;
  private volatile byte renewing;
  private byte[] bytes;
  private int plainLength;
  private long asOfNs;
  private long expiresAtNs;
  private volatile @Nullable Flight flight;

  Entry(LookupKey key, int epoch, int namespace, Flight flight) {
    this.hash = key.hashCode();
    this.database = key.database();
    this.nameLength = key.length();
    this.epoch = epoch;
    this.namespace = (short) namespace;
    this.bytes = key.name();
    this.asOfNs = flight.sentAtNs();
    this.flight = flight;
  }

  /** Returns the flight that is reading this key, or null once it has landed. */
  public @Nullable Flight flight() {
    return flight;
  }

  /** Returns the epoch of its shard in which the flight began; in any other the entry is dead. */
  public int epoch() {
    return epoch;
  }

  /** Returns the number of its namespace in metrics. */
  public int namespace() {
    return namespace;
  }

  /** Returns when it expires, on the clock of {@link System#nanoTime()}; only once landed. */
  public long expiresAtNs() {
    return expiresAtNs;
  }

  /** Returns the latest moment at which its read was certainly not executed yet. */
  public long asOfNs() {
    return asOfNs;
  }

  /** Notes that a client was answered with it. Without a lock: a mark may be lost, rarely. */
  public void serve() {
    if (served != (SERVED_EVER | SERVED_LATELY)) {
      served = SERVED_EVER | SERVED_LATELY;
    }
  }

  /** Returns whether a client was ever answered with it. */
  public boolean wasServed() {
    return served != 0;
  }

  /** Returns whether a client was answered with it since this was last asked. */
  public boolean takeServedLately() {
    boolean lately = (served & SERVED_LATELY) != 0;
    if (lately) {
      served = SERVED_EVER;
    }
    return lately;
  }

  /** Claims the right to read its value again; one at a time has it, until {@link #renewed}. */
  public boolean beginRenewal() {
    return renewing == 0 && RENEWING.compareAndSet(this, (byte) 0, (byte) 1);
  }

  /** Gives that right back. */
  public void renewed() {
    renewing = 0;
  }

  /** Returns whether the key was found not to exist; only once landed. */
  public boolean isNil() {
    return bytes.length == nameLength;
  }

  /** Returns whether the reply is held as an LZ4 block. */
  public boolean isCompressed() {
    return plainLength != 0;
  }

  /** Returns the length in bytes of the reply as written, 0 for nil. */
  public int replyLength() {
    return isCompressed() ? plainLength : bytes.length - nameLength;
  }

  /** Returns the array whose bytes from {@link #replyStart()} to its end are the held reply. */
  public byte[] array() {
    return bytes;
  }

  /** Returns where the held reply starts in {@link #array()}. */
  public int replyStart() {
    return nameLength;
  }

  /** Returns a copy of the key's name. */
  public byte[] name() {
    return Arrays.copyOf(bytes, nameLength);
  }

  /** Returns the database the key is in. */
  public int database() {
    return database;
  }

  /**
   * Returns about how much memory this entry takes with its share of the cache's own structures.
   */
  int weightBytes() {
    return LocalTier.ENTRY_OVERHEAD_BYTES + bytes.length;
  }

  /**
   * Ends the flight.
   *
   * @param held the reply in the form it is held, after the name; null for nil
   * @param plainLength the reply's length as written when {@code held} is an LZ4 block, else 0
   */
  void land(byte @Nullable [] held, int plainLength, long expiresAtNs) {
    if (held != null) {
      byte[] both = Arrays.copyOf(bytes, nameLength + held.length);
      System.arraycopy(held, 0, both, nameLength, held.length);
      bytes = both;
    }
    this.plainLength = plainLength;
    this.expiresAtNs = expiresAtNs;
    flight = null;
  }

  /** The value was read again and is the same: it was so at {@code asOfNs}. */
  void renew(long asOfNs, long expiresAtNs) {
    this.asOfNs = asOfNs;
    this.expiresAtNs = expiresAtNs;
  }

  /** Returns whether {@code reply}, null for nil, is what it would be answered with. */
  public boolean shows(byte @Nullable [] reply) {
    if (reply == null || isNil()) {
      return reply == null && isNil();
    }
    if (replyLength() != reply.length) {
      return false;
    }
    byte[] held = isCompressed() ? Compression.plain(this) : null;
    return held == null
        ? Arrays.equals(bytes, nameLength, bytes.length, reply, 0, reply.length)
        : Arrays.equals(held, reply);
  }

  private static VarHandle renewing() {
    try {
      return MethodHandles.lookup().findVarHandle(Entry.class, "renewing", byte.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  boolean isFor(LookupKey key) {
    return hash == key.hashCode()
        && database == key.database()
        && Arrays.equals(bytes, 0, nameLength, key.array(), 0, key.length());
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof Entry entry
            && hash == entry.hash
            && database == entry.database
            && Arrays.equals(bytes, 0, nameLength, entry.bytes, 0, entry.nameLength))
        || (other instanceof LookupKey key && isFor(key));
  }
}
