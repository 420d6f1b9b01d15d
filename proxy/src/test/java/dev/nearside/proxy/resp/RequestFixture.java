package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Makes requests for tests, in a heap buffer that ends where the request ends. */
public final class RequestFixture {
  private RequestFixture() {}

  /** Returns the request of {@code line}: arguments with single spaces between, "" is empty. */
  public static Request request(String line) {
    String[] args = line.split(" ", -1);
    StringBuilder bytes = new StringBuilder("*" + args.length + "\r\n");
    int[] starts = new int[args.length];
    for (int i = 0; i < args.length; i++) {
      args[i] = args[i].equals("\"\"") ? "" : args[i];
      bytes.append('$').append(args[i].length()).append("\r\n");
      starts[i] = bytes.length();
      bytes.append(args[i]).append("\r\n");
    }
    ByteBuf buffer = Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1);
    Request request = new Request();
    request.reset(buffer, 0);
    for (int i = 0; i < args.length; i++) {
      request.addArg(starts[i], args[i].length());
    }
    request.endAt(buffer.writerIndex());
    return request;
  }
}
