package dev.nearside.proxy.server;

import dev.nearside.proxy.telemetry.CommandLabel;
import dev.nearside.proxy.telemetry.LoopCounters;
import dev.nearside.proxy.telemetry.Way;

/**
 * Counts what is answered without asking anybody, with one look at the clock for all replies of a
 * flush. Confined to the connection's event loop.
 */
final class LocalLatency {
  private final LoopCounters counters;
  private long sinceNs;
  private int replies;

  LocalLatency(LoopCounters counters) {
    this.counters = counters;
  }

  /** A reply to a request received at {@code nowNs} goes out by the next flush. */
  void answered(CommandLabel command, long nowNs) {
    counters.request(Way.LOCAL, command);
    if (replies++ == 0) {
      sinceNs = nowNs;
    }
  }

  /** What was answered has been flushed. */
  void flushed() {
    if (replies > 0) {
      counters.latency(Way.LOCAL, System.nanoTime() - sinceNs, replies);
      replies = 0;
    }
  }
}
