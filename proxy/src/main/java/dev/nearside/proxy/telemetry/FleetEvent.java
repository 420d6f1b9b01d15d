package dev.nearside.proxy.telemetry;

/** What became of a message between sidecars. */
public enum FleetEvent {
  /** The upstream took it. */
  SENT,
  /** The upstream did not take it, or did not say so. */
  UNSENT,
  /** Another sidecar's came. */
  RECEIVED,
  /** What came is no message of this version. */
  BAD,
  /** It came while too many others waited. */
  DROPPED
}
