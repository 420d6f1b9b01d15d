package dev.nearside.proxy.parity;

/** Two servers did not say the same. */
final class Difference extends RuntimeException {
  private static final long serialVersionUID = 1;

  Difference(String message) {
    super(message);
  }
}
