package dev.nearside.proxy.capture;

/** Bytes that are no message of pgoutput; says what was found and what was expected. */
final class BadMessageException extends Exception {
  private static final long serialVersionUID = 1L;

  BadMessageException(String message) {
    super(message);
  }
}
