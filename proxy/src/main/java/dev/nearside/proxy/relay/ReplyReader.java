package dev.nearside.proxy.relay;

/** Who reads replies in the end, perhaps more slowly than they come. Confined to an event loop. */
public interface ReplyReader {
  /**
   * Calls {@code then} once, on the event loop, when there may be room again, or it is gone. A new
   * call replaces none: all are made.
   */
  void whenRoom(Runnable then);

  /** Returns whether it will never read again. */
  boolean isGone();

  /** It does not keep up with a connection that others may share: give it one of its own. */
  void fellBehind();
}
