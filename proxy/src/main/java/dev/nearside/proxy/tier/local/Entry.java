package dev.nearside.proxy.tier.local;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One key of L1 and what is known of it: a flight that is reading it, or the value it was read to
 * be.
 *
 * <p>The same object is the cache's key and its value, and one array holds name, value and marks
 * ({@link Held}), so that a 100-byte value costs two objects, of 24 bytes and of little more than
 * name and value. What it has in common with others is kept once ({@link Cohort}); its hash is not
 * kept at all, because the cache's own nodes do.
 *
 * <p>Life: created in flight; {@link #land} is called once, by the thread that completes the
 * flight. The volatile write of {@code held} there publishes the plain fields before it to every
 * reader that has seen {@link #flight()} return null. Later only its times move, by {@link #renew},
 * when the very same value was read again, and its marks: whether it was ever served, and whether
 * since the upstream was last told that its key is in use.
 */
public final class Entry {
  private static final byte SERVED_EVER = 1;
  private static final byte SERVED_LATELY = 2;

  private final Cohort cohort;
  private int asOfTicks;
  private int expiresAtTicks;

  /** An {@link InFlight}, or the array once landed. */
  private volatile Object held;

  /**
   * Creates a token.
   *
   * @param cohort one whose base is not after the flight's start
   */
  Entry(LookupKey key, Cohort cohort, Flight flight) {
    this.cohort = cohort;
    this.asOfTicks = cohort.ticks(flight.sentAtNs());
    this.held = new InFlight(flight, Held.nil(key.array(), key.length()));
  }

  /** Returns the flight that is reading this key, or null once it has landed. */
  public @Nullable Flight flight() {
    return held instanceof InFlight inFlight ? inFlight.flight : null;
  }

  /** Returns its array: the name alone as long as it is in flight. */
  byte[] array() {
    Object now = held;
    return now instanceof byte[] array ? array : ((InFlight) now).named;
  }

  /** Returns the epoch of its key in which the flight began; in any other the entry is dead. */
  public long epoch() {
    return cohort.epoch();
  }

  /** Returns the number of its namespace in metrics. */
  public int namespace() {
    return cohort.namespace();
  }

  /** Returns the database the key is in. */
  public int database() {
    return cohort.database();
  }

  /** Returns when it expires, on the clock of {@link System#nanoTime()}; only once landed. */
  public long expiresAtNs() {
    return cohort.ns(expiresAtTicks);
  }

  /** Returns the latest moment at which its read was certainly not executed yet. */
  public long asOfNs() {
    return cohort.ns(asOfTicks);
  }

  /** Notes that a client was answered with it. Without a lock: a mark may be lost, rarely. */
  public void serve() {
    byte[] array = array();
    if (Held.served(array) != (SERVED_EVER | SERVED_LATELY)) {
      Held.serve(array, (byte) (SERVED_EVER | SERVED_LATELY));
    }
  }

  /** Returns whether a client was ever answered with it. */
  public boolean wasServed() {
    return Held.served(array()) != 0;
  }

  /** Returns whether a client was answered with it since this was last asked. */
  public boolean takeServedLately() {
    byte[] array = array();
    boolean lately = (Held.served(array) & SERVED_LATELY) != 0;
    if (lately) {
      Held.serve(array, SERVED_EVER);
    }
    return lately;
  }

  /** Claims the right to read its value again; one at a time has it, until {@link #renewed}. */
  public boolean beginRenewal() {
    return Held.beginRenewal(array());
  }

  /** Gives that right back. */
  public void renewed() {
    Held.renewed(array());
  }

  /** Returns whether the key was found not to exist; only once landed. */
  public boolean isNil() {
    return Held.form(array()) == Held.NIL;
  }

  /** Returns whether the reply is held as an LZ4 block. */
  public boolean isCompressed() {
    return Held.form(array()) == Held.BLOCK;
  }

  /** Returns the length in bytes of the reply as written, 0 for nil. */
  public int replyLength() {
    return Held.replyLength(array());
  }

  /** Returns a copy of the key's name. */
  public byte[] name() {
    byte[] array = array();
    return Arrays.copyOfRange(array, Held.HEAD_BYTES, Held.HEAD_BYTES + Held.nameLength(array));
  }

  /** Returns how much memory it takes with its share of the cache's own structures. */
  int weightBytes() {
    return Weight.of(array());
  }

  /**
   * Ends the flight.
   *
   * @param reply the reply as it is written; null for nil
   * @param block the reply's LZ4 block; null to hold it plain
   */
  void land(byte @Nullable [] reply, byte @Nullable [] block, long expiresAtNs) {
    byte[] named = array();
    byte[] array = reply == null ? named : Held.with(named, reply, block);
    expiresAtTicks = cohort.ticks(expiresAtNs);
    held = array;
  }

  /**
   * The value was read again and is the same: it was so at {@code asOfNs}. Returns false, and
   * changes nothing, where its cohort is too old for that.
   */
  boolean renew(long asOfNs, long expiresAtNs) {
    if (!cohort.renewsAt(asOfNs)) {
      return false;
    }
    asOfTicks = cohort.ticks(asOfNs);
    expiresAtTicks = cohort.ticks(expiresAtNs);
    return true;
  }

  /** Returns whether {@code reply}, null for nil, is what it would be answered with. */
  public boolean shows(byte @Nullable [] reply) {
    if (reply == null || isNil()) {
      return reply == null && isNil();
    }
    if (isCompressed()) {
      return replyLength() == reply.length && Arrays.equals(Compression.plain(this), reply);
    }
    return shows(Unpooled.wrappedBuffer(reply), 0, reply.length);
  }

  /**
   * Returns whether {@code length} bytes of {@code in} from {@code from} on are what it would be
   * answered with; false as well of nil and of what is held as an LZ4 block.
   */
  public boolean shows(ByteBuf in, int from, int length) {
    byte[] array = array();
    int form = Held.form(array);
    if (form == Held.NIL || form == Held.BLOCK || Held.replyLength(array) != length) {
      return false;
    }
    ByteBuf held = Unpooled.wrappedBuffer(array);
    int start = Held.start(array);
    return form == Held.WHOLE
        ? ByteBufUtil.equals(held, start, in, from, length)
        : BulkLine.isAt(in, from, array.length - start)
            && ByteBufUtil.equals(
                held,
                start,
                in,
                from + BulkLine.lengthOf(array.length - start),
                array.length - start);
  }

  boolean isFor(LookupKey key) {
    byte[] array = array();
    return Held.nameLength(array) == key.length()
        && cohort.database() == key.database()
        && Arrays.equals(
            array, Held.HEAD_BYTES, Held.HEAD_BYTES + key.length(), key.array(), 0, key.length());
  }

  @Override
  public int hashCode() {
    byte[] array = array();
    return LookupKey.hash(array, Held.HEAD_BYTES, Held.nameLength(array));
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof Entry entry
            && cohort.database() == entry.cohort.database()
            && Held.isSameName(array(), entry.array()))
        || (other instanceof LookupKey key && isFor(key));
  }

  /** A flight and the name that it reads. */
  private static final class InFlight {
    final Flight flight;
    final byte[] named;

    InFlight(Flight flight, byte[] named) {
      this.flight = flight;
      this.named = named;
    }
  }
}
