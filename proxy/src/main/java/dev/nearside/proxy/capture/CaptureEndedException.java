package dev.nearside.proxy.capture;

/** Reading changes has to begin anew; says why. */
final class CaptureEndedException extends Exception {
  private static final long serialVersionUID = 1L;

  CaptureEndedException(String message) {
    super(message);
  }

  CaptureEndedException(String message, Throwable cause) {
    super(message, cause);
  }
}
