package dev.nearside.benchmarks.servers;

/** A server could not be started or did not answer; the message is a sentence for the user. */
public final class ServerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what could not be done. */
  public ServerException(String message) {
    super(message);
  }

  /** Says what could not be done, and why. */
  public ServerException(String message, Throwable cause) {
    super(message, cause);
  }
}
