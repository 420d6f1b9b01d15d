package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A request made of a fuzzer's bytes: an argument a line, so that the files of the corpus can be
 * read. It ends where its buffer ends, so that reading beyond it fails.
 */
public record FuzzedRequest(List<String> args, Request request) {

  /** Reads the bytes of a fuzzer, any bytes. */
  public static FuzzedRequest of(byte[] data) {
    return of(Arrays.asList(new String(data, StandardCharsets.ISO_8859_1).split("\n", -1)));
  }

  /** Makes the request of {@code args}, at least one, in ISO 8859-1. */
  public static FuzzedRequest of(List<String> args) {
    ByteBuf written = Unpooled.buffer();
    Replies.writeArrayHeader(written, args.size());
    for (String arg : args) {
      byte[] bytes = arg.getBytes(StandardCharsets.ISO_8859_1);
      Replies.writeBulk(written, bytes, 0, bytes.length);
    }
    ByteBuf exact = Unpooled.buffer(written.readableBytes()).writeBytes(written);
    RequestParser parser = new RequestParser(1 << 20, 1 << 20);
    if (parser.parse(exact) != RequestParser.Progress.REQUEST) {
      throw new AssertionError("not a request: " + args);
    }
    return new FuzzedRequest(args, parser.request());
  }
}
