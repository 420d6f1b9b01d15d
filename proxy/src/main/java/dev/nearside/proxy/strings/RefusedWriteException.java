package dev.nearside.proxy.strings;

/** What Redis would refuse; the message is its error's code and text. */
public final class RefusedWriteException extends Exception {
  private static final long serialVersionUID = 1;

  /** Creates one. */
  public RefusedWriteException(String message) {
    super(message, null, false, false);
  }

  static RefusedWriteException syntax() {
    return new RefusedWriteException("ERR syntax error");
  }

  static RefusedWriteException arity(String command) {
    return new RefusedWriteException("ERR wrong number of arguments for '" + command + "' command");
  }

  static RefusedWriteException notAnInteger() {
    return new RefusedWriteException("ERR value is not an integer or out of range");
  }

  static RefusedWriteException expiry(String command) {
    return new RefusedWriteException("ERR invalid expire time in '" + command + "' command");
  }
}
