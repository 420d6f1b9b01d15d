package dev.nearside.proxy.tier.redis;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Arguments of a command with hundreds of them, each {@code $length\r\n…\r\n}, kept in one array as
 * they are written: an object for each, and as many small writes to a buffer, would cost more than
 * all else that is done for a key. Confined to one thread until it is sent.
 */
final class GatheredArguments extends CommandArgs<byte[], byte[]> {
  private static final int FIRST_BYTES = 1024;
  private static final int MOST_AROUND = 16; // $, ten digits, twice \r\n

  private byte[] bytes = new byte[FIRST_BYTES];
  private int length;
  private int count;

  GatheredArguments() {
    super(ByteArrayCodec.INSTANCE);
  }

  /** Adds an argument. */
  GatheredArguments bulk(byte[] argument) {
    return bulk(argument, argument.length);
  }

  /** Adds an argument that begins with {@code prefix}. */
  GatheredArguments bulk(byte[] prefix, byte[] rest) {
    begin(prefix.length + rest.length);
    put(prefix, prefix.length);
    put(rest, rest.length);
    return end();
  }

  /** Adds a number of at least 0. */
  GatheredArguments number(long number) {
    byte[] digits = new byte[20];
    int from = digits.length;
    long left = number;
    do {
      digits[--from] = (byte) ('0' + left % 10);
      left /= 10;
    } while (left > 0);
    byte[] used = Arrays.copyOfRange(digits, from, digits.length);
    return bulk(used, used.length);
  }

  private GatheredArguments bulk(byte[] argument, int size) {
    begin(size);
    put(argument, size);
    return end();
  }

  private void begin(int size) {
    int needed = length + size + MOST_AROUND;
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
    }
    bytes[length++] = '$';
    int digits = 1;
    for (int left = size; left >= 10; left /= 10) {
      digits++;
    }
    int left = size;
    for (int at = length + digits - 1; at >= length; at--) {
      bytes[at] = (byte) ('0' + left % 10);
      left /= 10;
    }
    length += digits;
    newline();
  }

  private void put(byte[] from, int size) {
    System.arraycopy(from, 0, bytes, length, size);
    length += size;
  }

  private void newline() {
    bytes[length++] = '\r';
    bytes[length++] = '\n';
  }

  private GatheredArguments end() {
    newline();
    count++;
    return this;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public void encode(ByteBuf out) {
    out.writeBytes(bytes, 0, length);
  }
}
