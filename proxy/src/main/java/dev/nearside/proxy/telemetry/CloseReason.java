package dev.nearside.proxy.telemetry;

/** The limit for which a client was closed. */
public enum CloseReason {
  /** It neither sent nor took anything for {@code limits.idle-timeout}. */
  IDLE,
  /** It sent an argument longer than {@code limits.max-query-buffer}. */
  QUERY_BUFFER,
  /** More replies waited for it than {@code limits.max-output}. */
  UNREAD_REPLIES
}
