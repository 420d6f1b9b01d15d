package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** The requests a client writes itself, as bytes. Thread-safe: pure functions. */
public final class Requests {
  private Requests() {}

  /** Returns {@code *2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n}. */
  public static byte[] encode(String... args) {
    byte[][] bytes = new byte[args.length][];
    for (int i = 0; i < args.length; i++) {
      bytes[i] = args[i].getBytes(StandardCharsets.UTF_8);
    }
    return encode(bytes);
  }

  /** Returns a request of the command {@code name} for one key. */
  public static byte[] encode(String name, byte[] key) {
    return encode(new byte[][] {name.getBytes(StandardCharsets.UTF_8), key});
  }

  private static byte[] encode(byte[][] args) {
    ByteBuf out = Unpooled.buffer();
    Replies.writeArrayHeader(out, args.length);
    for (byte[] arg : args) {
      Replies.writeBulk(out, arg, 0, arg.length);
    }
    return ByteBufUtil.getBytes(out);
  }
}
