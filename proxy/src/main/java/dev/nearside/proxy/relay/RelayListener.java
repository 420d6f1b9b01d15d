package dev.nearside.proxy.relay;

import dev.nearside.proxy.tier.Answer.Reason;

/** Hears of upstream connections as they come and go; called on event loops, so thread-safe. */
public interface RelayListener {
  /**
   * A connection was greeted.
   *
   * @param kind what it carries: a lane's kind, or {@code PINNED}
   * @param info the upstream's reply to INFO server
   */
  void connected(String kind, String info);

  /** A connection that had been greeted, with this {@code kind} and {@code info}, ended. */
  void disconnected(String kind, String info);

  /** A connection could not be made. */
  void failed(Reason reason);
}
