package dev.nearside.proxy.tier.local;

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
 * flight, and makes it immutable. The volatile write of {@code flight} there publishes the plain
 * fields before it to every reader that has seen {@link #flight()} return null.
 */
public final class Entry {
  private final int hash;
  private final int database;
  private final int nameLength;
  private final int epoch;
  private final int namespace;
  private byte[] bytes;
  private int plainLength;
  private long expiresAtNs;
  private volatile @Nullable Flight flight;

  Entry(LookupKey key, int epoch, int namespace, Flight flight) {
    this.hash = key.hashCode();
    this.database = key.database();
    this.nameLength = key.length();
    this.epoch = epoch;
    this.namespace = namespace;
    this.bytes = key.name();
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
