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
    ByteBuf buffer = Unpooled.buffer();
    Replies.writeArrayHeader(buffer, args.length);
    for (String arg : args) {
      byte[] bytes = (arg.equals("\"\"") ? "" : arg).getBytes(StandardCharsets.ISO_8859_1);
      Replies.writeBulk(buffer, bytes, 0, bytes.length);
    }
    RequestParser parser = new RequestParser(1 << 20, 1 << 20);
    if (parser.parse(buffer) != RequestParser.Progress.REQUEST) {
      throw new IllegalArgumentException("not a request: " + line);
    }
    return parser.request();
  }
}
