package dev.nearside.proxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** An inline request is split as Redis splits it; any bytes but a line's end may stand in it. */
public final class InlineArgumentsFuzz {
  private InlineArgumentsFuzz() {}

  /** One input of the fuzzer: the line. */
  public static void fuzzerTestOneInput(byte[] data) {
    String line = new String(data, StandardCharsets.ISO_8859_1).replaceAll("[\\n\\x00]", "");
    List<String> expected = ReferenceInline.split(line);
    List<String> args = split(line);
    if (!java.util.Objects.equals(args, expected)) {
      throw new AssertionError("expected " + expected + ", got " + args);
    }
  }

  private static List<String> split(String line) {
    ByteBuf bytes = Unpooled.copiedBuffer("#" + line, StandardCharsets.ISO_8859_1);
    Request request = new Request();
    if (!new InlineArguments(bytes, 1, bytes.writerIndex()).split(request)) {
      return null;
    }
    List<String> args = new ArrayList<>();
    for (int i = 0; i < request.argCount(); i++) {
      args.add(new String(request.arg(i), StandardCharsets.ISO_8859_1));
    }
    return args;
  }
}
