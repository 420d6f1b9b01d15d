package dev.nearside.proxy.capture;

/** A change of a table does not tell which keys it is about; says why. */
final class UnfitTableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnfitTableException(String message) {
    super(message);
  }
}
