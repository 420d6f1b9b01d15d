package dev.nearside.proxy.tier.local;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/*
 * The one array of an entry:
 *
 *    0      2          3        4               4 + nameLength
 *   +------+----------+--------+---------------+------------------------------------------+
 *   | head | renewing | served | name          | what is held, by the form                |
 *   +------+----------+--------+---------------+------------------------------------------+
 *
 *   head: 2 bits of form, 14 bits of the name's length, little-endian
 *
 *   NIL     nothing
 *   BULK    hello                        of the reply $5\r\nhello\r\n
 *   WHOLE   +any reply\r\n               as it is written
 *   BLOCK   4 bytes plain length, LZ4    of a reply as it is written
 */

/** The layout of an entry's array: name, value and marks. Pure functions. */
final class Held {
  static final int NIL = 0;
  static final int BULK = 1;
  static final int WHOLE = 2;
  static final int BLOCK = 3;

  static final int HEAD_BYTES = 4;
  static final int MAX_NAME_BYTES = (1 << 14) - 1;

  private static final int RENEWING = 2;
  private static final int SERVED = 3;
  private static final int FORM_SHIFT = 14;
  private static final int PLAIN_LENGTH_BYTES = 4;

  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BYTES = MethodHandles.arrayElementVarHandle(byte[].class);

  private Held() {}

  /**
   * Returns an array that holds the name alone, as of nil.
   *
   * @throws IllegalArgumentException if the name is longer than {@link #MAX_NAME_BYTES}
   */
  static byte[] nil(byte[] name, int nameLength) {
    if (nameLength > MAX_NAME_BYTES) {
      throw new IllegalArgumentException("a name of " + nameLength + " bytes: not for L1");
    }
    byte[] array = new byte[HEAD_BYTES + nameLength];
    SHORTS.set(array, 0, (short) nameLength);
    System.arraycopy(name, 0, array, HEAD_BYTES, nameLength);
    return array;
  }

  /**
   * Returns an array of the same name that holds {@code reply}.
   *
   * @param block the reply's LZ4 block, or null to hold it plain
   */
  static byte[] with(byte[] named, byte[] reply, byte @Nullable [] block) {
    if (block != null) {
      byte[] array = copy(named, BLOCK, PLAIN_LENGTH_BYTES, block, 0, block.length);
      INTS.set(array, HEAD_BYTES + nameLength(named), reply.length);
      return array;
    }
    int start = bulkStart(reply);
    return start < 0
        ? copy(named, WHOLE, 0, reply, 0, reply.length)
        : copy(named, BULK, 0, reply, start, reply.length - start - 2);
  }

  private static byte[] copy(byte[] named, int form, int gap, byte[] from, int start, int length) {
    int nameLength = nameLength(named);
    byte[] array = new byte[HEAD_BYTES + nameLength + gap + length];
    SHORTS.set(array, 0, (short) ((form << FORM_SHIFT) | nameLength));
    System.arraycopy(named, HEAD_BYTES, array, HEAD_BYTES, nameLength);
    System.arraycopy(from, start, array, HEAD_BYTES + nameLength + gap, length);
    return array;
  }

  /** Returns where the value of a bulk string starts, or -1 if {@code reply} is something else. */
  private static int bulkStart(byte[] reply) {
    if (reply.length < BulkLine.LEAST_BYTES || reply[0] != '$') {
      return -1;
    }
    int at = 1;
    long length = 0;
    while (at < reply.length && reply[at] >= '0' && reply[at] <= '9' && length < reply.length) {
      length = length * 10 + reply[at++] - '0';
    }
    int start = at + 2;
    boolean is =
        start + length + 2 == reply.length
            && start == BulkLine.lengthOf((int) length)
            && reply[at] == '\r'
            && reply[at + 1] == '\n'
            && reply[reply.length - 2] == '\r'
            && reply[reply.length - 1] == '\n';
    return is ? start : -1;
  }

  static int form(byte[] array) {
    return ((short) SHORTS.get(array, 0) & 0xFFFF) >> FORM_SHIFT;
  }

  static int nameLength(byte[] array) {
    return (short) SHORTS.get(array, 0) & MAX_NAME_BYTES;
  }

  /** Returns where what is held starts; it ends with the array. */
  static int start(byte[] array) {
    int end = HEAD_BYTES + nameLength(array);
    return form(array) == BLOCK ? end + PLAIN_LENGTH_BYTES : end;
  }

  /** Returns the length in bytes of the reply as written, 0 for nil. */
  static int replyLength(byte[] array) {
    int end = HEAD_BYTES + nameLength(array);
    int length = array.length - end;
    return switch (form(array)) {
      case BULK -> BulkLine.lengthOf(length) + length + 2;
      case BLOCK -> (int) INTS.get(array, end);
      default -> length;
    };
  }

  static boolean isSameName(byte[] one, byte[] other) {
    int end = HEAD_BYTES + nameLength(one);
    return nameLength(one) == nameLength(other)
        && Arrays.equals(one, HEAD_BYTES, end, other, HEAD_BYTES, end);
  }

  static byte served(byte[] array) {
    return array[SERVED];
  }

  static void serve(byte[] array, byte mark) {
    array[SERVED] = mark;
  }

  static boolean beginRenewal(byte[] array) {
    return array[RENEWING] == 0 && BYTES.compareAndSet(array, RENEWING, (byte) 0, (byte) 1);
  }

  static void renewed(byte[] array) {
    BYTES.setVolatile(array, RENEWING, (byte) 0);
  }
}
