package dev.nearside.proxy.telemetry;

/** How an early refresh of an entry ended. */
public enum RefreshResult {
  /** The same value was read again: it lives on. */
  RENEWED,
  /** Its key was about to expire in Redis, too: its row was put there anew. */
  FROM_DATABASE,
  /** It had been invalidated meanwhile. */
  GONE,
  /** Another value was read: it was removed. Under tracking its push should have come first. */
  DIFFERS,
  /** Redis could not say. */
  FAILED
}
