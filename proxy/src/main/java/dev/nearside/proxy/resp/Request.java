package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * One request, as a view of the bytes it was parsed from: {@code *2\r\n$3\r\nGET\r\n$1\r\nk\r\n}.
 *
 * <p>Confined to its event loop and reused: valid only until the parser that filled it is called
 * again. An inline request is seen in its multibulk form, in a buffer of its own that no later
 * request reuses. Holds no reference on the buffer; whoever keeps bytes longer copies them or
 * retains a slice.
 */
public final class Request {
  private static final int FEW_ARGS = 16;
  private static final int KEPT_ARGS = 1024;

  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
  private int start;
  private int length;
  private int argCount;

  /** Relative to {@code start}, so that a request whose buffer moved is moved in one step. */
  private int[] argOffsets = new int[FEW_ARGS];

  private int[] argLengths = new int[FEW_ARGS];

  /** Returns a request of these arguments, in a buffer of its own that need not be released. */
  public static Request of(byte[]... args) {
    Request request = new Request();
    ByteBuf bytes = Unpooled.buffer();
    Replies.writeArrayHeader(bytes, args.length);
    for (byte[] arg : args) {
      Replies.writeBulk(bytes, arg, 0, arg.length);
      request.addArg(bytes.writerIndex() - Short.BYTES - arg.length, arg.length);
    }
    request.moveTo(bytes, 0);
    request.length(bytes.writerIndex());
    return request;
  }

  /** Returns the buffer all offsets below refer to (absolute indexes). */
  public ByteBuf buffer() {
    return buffer;
  }

  /** Returns the index of the request's first byte, the {@code *}. */
  public int start() {
    return start;
  }

  /** Returns the index just after the request's last byte. */
  public int end() {
    return start + length;
  }

  /** Returns the length of the whole request in bytes. */
  public int length() {
    return length;
  }

  /** Returns the number of arguments, the command's name included; at least 1. */
  public int argCount() {
    return argCount;
  }

  /** Returns the index of the first byte of argument {@code i}; 0 is the command's name. */
  public int argStart(int i) {
    return start + argOffsets[i];
  }

  /** Returns the length in bytes of argument {@code i}. */
  public int argLength(int i) {
    return argLengths[i];
  }

  /** Returns a copy of argument {@code i}. */
  public byte[] arg(int i) {
    byte[] bytes = new byte[argLengths[i]];
    buffer.getBytes(argStart(i), bytes);
    return bytes;
  }

  /**
   * Returns whether argument {@code i} equals {@code word}, an upper-case ASCII word, ignoring
   * case.
   */
  public boolean argIs(int i, String word) {
    if (i >= argCount || argLengths[i] != word.length()) {
      return false;
    }
    int first = argStart(i);
    for (int j = 0; j < word.length(); j++) {
      int b = buffer.getByte(first + j);
      if (b >= 'a' && b <= 'z') {
        b -= 'a' - 'A';
      }
      if (b != word.charAt(j)) {
        return false;
      }
    }
    return true;
  }

  void reset(ByteBuf from, int startIndex) {
    buffer = from;
    start = startIndex;
    length = 0;
    shed();
  }

  /** Forgets the arguments; what room very many took is not kept for an idle connection. */
  void shed() {
    argCount = 0;
    if (argOffsets.length > KEPT_ARGS) {
      argOffsets = new int[FEW_ARGS];
      argLengths = new int[FEW_ARGS];
    }
  }

  /** Adds an argument that begins {@code offset} bytes after the request's first byte. */
  void addArg(int offset, int argLength) {
    if (argCount == argOffsets.length) {
      argOffsets = Arrays.copyOf(argOffsets, argCount * 2);
      argLengths = Arrays.copyOf(argLengths, argCount * 2);
    }
    argOffsets[argCount] = offset;
    argLengths[argCount++] = argLength;
  }

  void length(int bytes) {
    length = bytes;
  }

  /** Says that the same bytes are now found in {@code to}, from {@code startIndex} on. */
  void moveTo(ByteBuf to, int startIndex) {
    buffer = to;
    start = startIndex;
  }

  /** Appends argument {@code i} to {@code to} as a bulk string. */
  public void writeArg(ByteBuf to, int i) {
    Replies.writeHeader(to, '$', argLengths[i]);
    to.writeBytes(buffer, argStart(i), argLengths[i]).writeShort(LengthLine.CRLF);
  }

  /** Replaces the bytes seen by a new multibulk request of the same arguments. */
  void rewrite() {
    ByteBuf to = Unpooled.buffer(multibulkLength());
    Replies.writeHeader(to, '*', argCount);
    for (int i = 0; i < argCount; i++) {
      writeArg(to, i);
      argOffsets[i] = to.writerIndex() - Short.BYTES - argLengths[i];
    }
    buffer = to;
    start = 0;
    length = to.writerIndex();
  }

  private int multibulkLength() {
    int bytes = LengthLine.MAX_BYTES;
    for (int i = 0; i < argCount; i++) {
      bytes += LengthLine.MAX_BYTES + argLengths[i] + 2;
    }
    return bytes;
  }
}
