package dev.nearside.proxy.telemetry;

/** Why nobody can say that no message of the fleet was missed. */
public enum RepairCause {
  /** The subscription was made, at the start or again. */
  SUBSCRIPTION,
  /** A sender's numbers have a gap. */
  GAP,
  /** A sender was first heard of with another number than 1. */
  STRANGER,
  /** Too many messages waited. */
  OVERFLOW
}
