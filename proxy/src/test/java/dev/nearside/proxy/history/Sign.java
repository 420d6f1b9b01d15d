package dev.nearside.proxy.history;

/** Replies that are neither a number, a bulk string nor an array. */
enum Sign {
  OK,
  NIL,
  QUEUED,
  /** An error, whatever it says. */
  ERROR
}
