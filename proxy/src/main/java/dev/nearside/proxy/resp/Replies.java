package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** The replies a server writes itself, as bytes. Thread-safe: constants and pure functions. */
public final class Replies {
  private static final byte[] OK = ascii("+OK\r\n");
  private static final byte[] PONG = ascii("+PONG\r\n");
  private static final byte[] NULL_RESP2 = ascii("$-1\r\n");
  private static final byte[] NULL_RESP3 = ascii("_\r\n");
  private static final byte[] NULL_ARRAY_RESP2 = ascii("*-1\r\n");
  private static final byte[] MIN_LONG = ascii("-9223372036854775808");

  private Replies() {}

  /** Returns {@code +OK\r\n}; shared, never to be changed. */
  public static byte[] ok() {
    return OK;
  }

  /** Returns {@code +PONG\r\n}; shared, never to be changed. */
  public static byte[] pong() {
    return PONG;
  }

  /**
   * Returns what a missing value is in this protocol: {@code $-1\r\n} or {@code _\r\n}; shared,
   * never to be changed.
   */
  public static byte[] nullBulk(boolean resp3) {
    return resp3 ? NULL_RESP3 : NULL_RESP2;
  }

  /**
   * Returns what a missing array is in this protocol: {@code *-1\r\n} or {@code _\r\n}; shared,
   * never to be changed.
   */
  public static byte[] nullArray(boolean resp3) {
    return resp3 ? NULL_RESP3 : NULL_ARRAY_RESP2;
  }

  /**
   * Returns an error reply, {@code -ERR something\r\n}.
   *
   * @param message code and text ({@code "ERR something"}); line breaks in it become spaces, as
   *     Redis does it, so that it cannot end the reply early
   */
  public static byte[] error(String message) {
    String line = message.replace('\r', ' ').replace('\n', ' ');
    return ("-" + line + "\r\n").getBytes(StandardCharsets.UTF_8);
  }

  /** Returns an integer reply, {@code :42\r\n}. */
  public static byte[] integer(long value) {
    return ascii(":" + value + "\r\n");
  }

  /** Returns a bulk string, {@code $5\r\nhello\r\n}. */
  public static byte[] bulk(byte[] value) {
    String length = String.valueOf(value.length);
    byte[] reply = new byte[value.length + length.length() + 5];
    reply[0] = '$';
    for (int i = 0; i < length.length(); i++) {
      reply[i + 1] = (byte) length.charAt(i);
    }
    int at = length.length() + 1;
    reply[at] = '\r';
    reply[at + 1] = '\n';
    System.arraycopy(value, 0, reply, at + 2, value.length);
    reply[reply.length - 2] = '\r';
    reply[reply.length - 1] = '\n';
    return reply;
  }

  /** Returns the first line of an array reply, {@code *3\r\n}. */
  public static byte[] arrayHeader(int count) {
    return ("*" + count + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** Appends a bulk string: {@code $5\r\nhello\r\n}. */
  public static void writeBulk(ByteBuf out, byte[] bytes, int offset, int length) {
    out.ensureWritable(LengthLine.MAX_BYTES + length + 2);
    writeHeader(out, '$', length);
    out.writeBytes(bytes, offset, length).writeShort(LengthLine.CRLF);
  }

  /** Appends the first line of an array of {@code count} elements: {@code *3\r\n}. */
  public static void writeArrayHeader(ByteBuf out, int count) {
    writeHeader(out, '*', count);
  }

  /** Appends an integer reply: {@code :-42\r\n}. */
  public static void writeInteger(ByteBuf out, long value) {
    out.writeByte(':');
    writeDecimal(out, value);
    out.writeShort(LengthLine.CRLF);
  }

  /** Appends the decimal digits of {@code value}, with {@code -} before a negative one. */
  public static void writeDecimal(ByteBuf out, long value) {
    if (value >= 0) {
      writeDigits(out, value);
    } else if (value == Long.MIN_VALUE) {
      out.writeBytes(MIN_LONG);
    } else {
      out.writeByte('-');
      writeDigits(out, -value);
    }
  }

  /**
   * Appends the first line of a reply that announces a length or a count of elements.
   *
   * @param type the reply's type byte: {@code $ * % ~ > = !}
   */
  public static void writeHeader(ByteBuf out, char type, int number) {
    if (number >= 0 && number < 10) {
      out.writeInt((type << 24) | (('0' + number) << 16) | LengthLine.CRLF);
      return;
    }
    out.writeByte(type);
    writeDecimal(out, number);
    out.writeShort(LengthLine.CRLF);
  }

  /** Writes from the last digit to the first, in place: no array of digits is needed. */
  private static void writeDigits(ByteBuf out, long value) {
    int digits = digits(value);
    out.ensureWritable(digits);
    int at = out.writerIndex() + digits;
    out.writerIndex(at);
    long rest = value;
    do {
      out.setByte(--at, (int) ('0' + rest % 10));
      rest /= 10;
    } while (rest != 0);
  }

  private static int digits(long value) {
    int digits = 1;
    for (long limit = 10; digits < 19 && value >= limit; limit *= 10) {
      digits++;
    }
    return digits;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
