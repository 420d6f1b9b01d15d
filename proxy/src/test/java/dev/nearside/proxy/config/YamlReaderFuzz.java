package dev.nearside.proxy.config;

import java.nio.charset.StandardCharsets;

/** Whatever stands in a file: nodes with their lines, or one sentence with the line it is about. */
public final class YamlReaderFuzz {
  private YamlReaderFuzz() {}

  /** One input of the fuzzer: the file. */
  public static void fuzzerTestOneInput(byte[] data) {
    try {
      YamlNode node = YamlReader.read(new String(data, StandardCharsets.UTF_8));
      if (node != null && node.line() < 1) {
        throw new AssertionError("a node on line " + node.line());
      }
    } catch (YamlReader.UnreadableException e) {
      if (e.line() < 1 || e.getMessage().isBlank() || e.getMessage().contains("\n")) {
        throw new AssertionError("line " + e.line() + ": " + e.getMessage(), e);
      }
    }
  }
}
