package dev.nearside.proxy.telemetry;

/** Why an entry left L1 before its room was needed. */
public enum InvalidationCause {
  /** The upstream said that the key changed. */
  PUSH,
  /** Everything was dropped: a FLUSH, a SWAPDB, an unknown write or a null push. */
  FLUSH,
  /** A write through this sidecar raised a fence. */
  WRITE,
  /** A read on another path showed other bytes. */
  RELAY_READ,
  /** Its time was over. */
  EXPIRED,
  /** The tracked connection was lost or made anew. */
  GENERATION,
  /** An audit had found one that Redis had changed without a push. */
  AUDIT,
  /** What the sidecar's own user may do at the upstream has changed. */
  PERMISSION,
  /** A SWAPDB or a step of the upstream's clock was noticed, of which no push tells. */
  UNPUSHED,
  /** L1 was switched off. */
  SWITCH,
  /** Somebody asked for it, here or in the fleet. */
  REQUEST,
  /** What the fleet was told may have been missed, so that everything was dropped. */
  REPAIR
}
