package dev.nearside.proxy.cluster;

import io.netty.buffer.ByteBuf;

/**
 * In which of a cluster's slots a key is: CRC16 (XMODEM) of its name, or of what stands between its
 * first brace and the next closing one, if anything does. As the Redis Cluster specification says.
 */
public final class HashSlot {
  /** How many slots there are. */
  public static final int COUNT = 16_384;

  /** Stands for what is in no slot, a command without a key for example. */
  public static final int NONE = -1;

  private static final int POLYNOMIAL = 0x1021;
  private static final char[] TABLE = table();

  private HashSlot() {}

  /** Returns the slot of the first {@code length} bytes of {@code name}. */
  public static int of(byte[] name, int length) {
    int open = indexOf(name, '{', 0, length);
    int close = open < 0 ? -1 : indexOf(name, '}', open + 1, length);
    boolean tagged = close > open + 1;
    int end = tagged ? close : length;
    int crc = 0;
    for (int i = tagged ? open + 1 : 0; i < end; i++) {
      crc = next(crc, name[i]);
    }
    return crc & COUNT - 1;
  }

  /** Returns the slot of {@code length} bytes of {@code name} from index {@code start}. */
  public static int of(ByteBuf name, int start, int length) {
    int end = start + length;
    int open = name.indexOf(start, end, (byte) '{');
    int close = open < 0 ? -1 : name.indexOf(open + 1, end, (byte) '}');
    boolean tagged = close > open + 1;
    int last = tagged ? close : end;
    int crc = 0;
    for (int i = tagged ? open + 1 : start; i < last; i++) {
      crc = next(crc, name.getByte(i));
    }
    return crc & COUNT - 1;
  }

  private static int indexOf(byte[] name, char wanted, int from, int to) {
    for (int i = from; i < to; i++) {
      if (name[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static int next(int crc, byte b) {
    return (crc << 8 & 0xffff) ^ TABLE[(crc >>> 8 ^ b) & 0xff];
  }

  private static char[] table() {
    char[] table = new char[256];
    for (int i = 0; i < table.length; i++) {
      int crc = i << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) == 0 ? crc << 1 : crc << 1 ^ POLYNOMIAL;
      }
      table[i] = (char) crc;
    }
    return table;
  }
}
