package dev.nearside.benchmarks.outbox;

/**
 * What a client was told of its command.
 *
 * @param said the reply, or why there was none
 */
record Answer(Kind kind, String said) {
  /** What is known of the write then. */
  enum Kind {
    /** It was made. */
    ACKNOWLEDGED,
    /** It was not made, and never will be. */
    REFUSED,
    /** It may have been made: the connection was lost, or the sidecar does not know either. */
    UNKNOWN
  }
}
