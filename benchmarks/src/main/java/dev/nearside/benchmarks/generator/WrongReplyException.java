package dev.nearside.benchmarks.generator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A reply is not what it must be; the message shows both. */
public final class WrongReplyException extends IOException {
  private static final long serialVersionUID = 1;
  private static final int SHOWN = 120;

  WrongReplyException(String message) {
    super(message);
  }

  /**
   * Returns it with the reply that was due.
   *
   * @param request what was asked
   * @param expected the whole reply, {@link ReplyPattern#INTEGER} for an integer
   * @param at how many bytes of it came as expected
   * @param seen what came after those
   */
  static WrongReplyException of(String request, String expected, long at, byte[] seen) {
    return new WrongReplyException(
        "wrong reply to \"%s\": expected \"%s\"; after %d bytes that fit came \"%s\""
            .formatted(
                shown(request),
                shown(expected),
                at,
                shown(new String(seen, StandardCharsets.ISO_8859_1))));
  }

  private static String shown(String text) {
    String start = text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
    StringBuilder shown = new StringBuilder();
    start
        .chars()
        .forEach(c -> {
          switch (c) {
            case '\r' -> shown.append("\\r");
            case '\n' -> shown.append("\\n");
            default -> shown.append(c < ' ' ? "\\x%02x".formatted(c) : (char) c);
          }
        });
    return shown.toString();
  }
}
