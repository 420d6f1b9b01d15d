package dev.nearside.proxy.command;

/** What a command on a shared lane can mean to those behind it. */
public enum Load {
  /** Answered at once, also while the server lets no writes through. */
  READ,
  /** Held back where the server lets no writes through: CLIENT PAUSE WRITE, a full disk. */
  WRITE,
  /** May run for long; meanwhile the server answers others with BUSY. */
  SCRIPT,
  /** A read whose reply is usually large. */
  BIG_READ
}
