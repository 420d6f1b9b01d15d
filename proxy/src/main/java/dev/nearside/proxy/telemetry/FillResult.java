package dev.nearside.proxy.telemetry;

/** How a flight ended. */
public enum FillResult {
  /** Its value is in L1. */
  PUBLISHED,
  /**
   * An invalidation, a fence or a new generation came first; the value went to its waiters only.
   */
  KILLED,
  /** It was not to be held. */
  PASSED,
  /** The tier could not say. */
  FAILED
}
