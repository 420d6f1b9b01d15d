package dev.nearside.benchmarks.fleet;

/** What an idle sidecar says on its tracked connection. */
enum Heartbeat {
  /** Nothing. */
  NONE,
  /** A PING every 100 to 250 ms. */
  PING,
  /** That, and the questions that a sidecar asks every second or so: see {@link Question}. */
  CHECKS
}
