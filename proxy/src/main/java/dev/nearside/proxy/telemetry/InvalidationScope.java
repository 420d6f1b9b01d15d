package dev.nearside.proxy.telemetry;

/** How far an invalidation on request reaches. */
public enum InvalidationScope {
  /** This sidecar. */
  LOCAL,
  /** Every sidecar of the upstream. */
  FLEET
}
