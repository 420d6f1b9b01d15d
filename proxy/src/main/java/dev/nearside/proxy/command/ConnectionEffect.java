package dev.nearside.proxy.command;

/** What a command does to the connection it arrives on, so that nobody else needs its name. */
public enum ConnectionEffect {
  /** Nothing that outlives its reply, or nothing that matters to L1. */
  NONE,
  /** HELLO: protocol version, and possibly credentials and a name. */
  HELLO,
  /** AUTH: another user. */
  AUTH,
  /** SELECT: another database. */
  SELECT,
  /** CLIENT SETNAME. */
  CLIENT_NAME,
  /** CLIENT SETINFO. */
  CLIENT_INFO,
  /** CLIENT MAINT_NOTIFICATIONS: asks for pushes; who is promised them is pinned. */
  CLIENT_PUSHES,
  /** MULTI: what follows is queued. */
  MULTI_BEGIN,
  /** EXEC: what was queued is executed; ends WATCH too. */
  MULTI_EXEC,
  /** DISCARD: what was queued is forgotten; ends WATCH too. */
  MULTI_DISCARD,
  /** WATCH: reads must be the upstream's until EXEC, DISCARD, UNWATCH or RESET. */
  WATCH,
  /** UNWATCH. */
  UNWATCH,
  /** CLIENT TRACKING and CLIENT CACHING: the client keeps a cache of its own. */
  TRACKING,
  /** CLIENT REPLY: replies may be left out. */
  REPLY_MODE,
  /** CLIENT NO-TOUCH: reads must not count as use of a key. */
  NO_TOUCH,
  /** Leaves state on the connection, or told who it is, so that it has to stay the same one. */
  KEEPS,
  /** SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE. */
  SUBSCRIBE,
  /** UNSUBSCRIBE, PUNSUBSCRIBE, SUNSUBSCRIBE. */
  UNSUBSCRIBE,
  /** WAIT and WAITAOF: about the writes sent before on the very same upstream connection. */
  WAIT,
  /** MONITOR. */
  MONITOR,
  /** SYNC and PSYNC. */
  REPLICATION,
  /** RESET. */
  RESET,
  /** QUIT. */
  QUIT
}
