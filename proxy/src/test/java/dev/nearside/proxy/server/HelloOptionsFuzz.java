package dev.nearside.proxy.server;

import dev.nearside.proxy.resp.FuzzedRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/** Whatever follows HELLO: what is understood is what Redis understands, the rest is left to it. */
public final class HelloOptionsFuzz {
  private HelloOptionsFuzz() {}

  /** One input of the fuzzer: an argument a line. */
  public static void fuzzerTestOneInput(byte[] data) {
    FuzzedRequest fuzzed = FuzzedRequest.of(data);
    List<String> expected = expected(fuzzed.args());
    HelloOptions options = HelloOptions.of(fuzzed.request());
    List<String> actual =
        options == null
            ? null
            : Arrays.asList(
                text(options.user()), text(options.password()), text(options.setName()));
    if (!java.util.Objects.equals(actual, expected)) {
      throw new AssertionError("expected " + expected + ", got " + actual);
    }
  }

  private static List<String> expected(List<String> args) {
    String user = null;
    String password = null;
    String setName = null;
    Deque<String> left = new ArrayDeque<>(args.subList(Math.min(2, args.size()), args.size()));
    while (!left.isEmpty()) {
      String option = left.pop();
      if (option.matches("(?i)auth") && left.size() >= 2) {
        user = left.pop();
        password = left.pop();
      } else if (option.matches("(?i)setname")
          && !left.isEmpty()
          && left.element().matches("[!-~]*")) {
        String name = left.pop();
        setName =
            "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$" + name.length() + "\r\n" + name + "\r\n";
      } else {
        return null;
      }
    }
    return Arrays.asList(user, password, setName);
  }

  private static String text(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
