package dev.nearside.benchmarks.servers;

import java.io.IOException;

/** A server answered with an error; the message is what it said. */
public final class ErrorReplyException extends IOException {
  private static final long serialVersionUID = 1L;

  ErrorReplyException(String said) {
    super("unexpected reply: -" + said);
  }
}
