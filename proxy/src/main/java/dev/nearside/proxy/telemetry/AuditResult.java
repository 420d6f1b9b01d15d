package dev.nearside.proxy.telemetry;

/** What a comparison of L1 with Redis has shown. */
public enum AuditResult {
  /** The same value. */
  CONSISTENT,
  /** Another value, of which L1 was told meanwhile, or which it no longer held. */
  OVERTAKEN,
  /** Another value, of which nothing would have told L1: an entry served against the contract. */
  INCONSISTENT,
  /** Redis could not be asked. */
  FAILED
}
