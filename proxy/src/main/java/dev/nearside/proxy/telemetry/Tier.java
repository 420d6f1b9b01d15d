package dev.nearside.proxy.telemetry;

/** The tiers a read looks in, in their order. */
public enum Tier {
  /** The memory of this sidecar. */
  L1,
  /** The upstream Redis. */
  REDIS,
  /** The database of the namespace. */
  DATABASE
}
