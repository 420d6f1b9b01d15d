package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.telemetry.Metrics;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What all tracked connections of a sidecar share.
 *
 * @param scheduler runs heartbeats and reconnects
 * @param relayNodes the nodes that relay connections have reached
 * @param pace how often the upstream is tried while it cannot be reached
 * @param clocks of this machine
 * @param metrics where ends of generations and refused keys are counted
 */
record TrackedContext(
    ScheduledExecutorService scheduler,
    RelayNodes relayNodes,
    ConnectPace pace,
    Clocks clocks,
    Metrics metrics) {
  /** Returns that of one node of a cluster: another may well be reached while it cannot be. */
  TrackedContext of(RelayNodes reached) {
    return new TrackedContext(scheduler, reached, new ConnectPace(), clocks, metrics);
  }
}
