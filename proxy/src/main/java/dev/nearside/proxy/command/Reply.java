package dev.nearside.proxy.command;

/** What a reply that is no error can tell a client about writes of other clients. */
enum Reply {
  /** Something, or nobody has made sure that it does not. */
  INFORMATIVE,
  /** Nothing: it is the same whatever others wrote. */
  BLIND,
  /** SET: nothing, unless an option makes it conditional or return the old value. */
  SET
}
