package dev.nearside.proxy.history;

/** What a {@link Step} does to the group of keys. */
enum Verb {
  GET,
  MGET,
  STRLEN,
  EXISTS,
  SET,
  GETSET,
  INCR,
  APPEND,
  SETRANGE,
  GETDEL,
  GETEX,
  DEL,
  UNLINK,
  RENAME,
  RENAMENX,
  COPY,
  MOVE,
  PEXPIRE,
  EXPIRE,
  PERSIST,
  FLUSHDB,
  SWAPDB,
  /** Tells somebody something by a message or a list: changes no key of the group. */
  TELL,
  /** A command whose argument is no number: always an error. */
  BROKEN,
  /** Demands that the key has this value, as an EXEC after WATCH does that was not refused. */
  IS
}
