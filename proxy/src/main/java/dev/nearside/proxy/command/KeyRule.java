package dev.nearside.proxy.command;

/** Where a command's keys stand among its arguments. */
enum KeyRule {
  /** From the first key to the last, by the step; what COMMAND says is all. */
  RANGE,
  /** No argument is a key, whatever COMMAND says: sharded channels. */
  NONE,
  /** What COMMAND says, and perhaps keys that no argument names. */
  UNDECLARED,
  /** {@code ZUNION 2 k k}. */
  NUMKEYS_AT_1,
  /** {@code MSETEX 2 k v k v}. */
  NUMKEYS_AT_1_PAIRS,
  /** {@code BLMPOP timeout 2 k k LEFT}. */
  NUMKEYS_AT_2,
  /** {@code EVAL script 2 k k arg}; the script may touch others. */
  SCRIPT,
  /** {@code ZUNIONSTORE destination 2 k k}. */
  STORE_NUMKEYS,
  /** {@code XREAD COUNT 1 STREAMS k k id id}. */
  STREAMS,
  /** {@code SORT k BY pattern GET pattern STORE k}; the patterns name keys nobody else does. */
  SORT,
  /** {@code GEORADIUS k 1 1 1 km STORE k STOREDIST k}. */
  GEORADIUS,
  /** {@code MIGRATE host port k 0 1} or {@code MIGRATE host port "" 0 1 KEYS k k}. */
  MIGRATE
}
