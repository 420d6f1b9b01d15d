package dev.nearside.proxy.tier.redis;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/*
 * In a cluster the gate of captured keys is at another node than most of them, so that no script can
 * look at it when it gives a lease. What was seen of it counts for a while instead: a lease is
 * asked for within ASKED of a look that found the gate open, and used if its answer comes within
 * USED of that. So it was given no later than USED after a moment at which the gate was open. Who takes the
 * gate waits for longer than that before he deletes what Redis has (CaptureLink#settling): then
 * every such lease is there to be deleted, as if none had been given since he took it.
 */

/** What is known of the gate of captured keys that is at another node than they. Thread-safe. */
final class GateWatch {
  /** How often to look. */
  static final Duration PERIOD = Duration.ofMillis(250);

  private static final Duration ASKED = Duration.ofSeconds(1);
  private static final Duration USED = Duration.ofSeconds(2);

  /** For how long leases may still be given that somebody does not know to be of a shut gate. */
  static final Duration SETTLING = USED.plus(Duration.ofMillis(500));

  private static final long NEVER = Long.MIN_VALUE;

  private final RowLinks links;
  private final byte[] gate;
  private final AtomicLong openAtNs = new AtomicLong(NEVER);

  GateWatch(RowLinks links, byte[] gate) {
    this.links = links;
    this.gate = gate.clone();
  }

  /** Looks; to be called every {@link #PERIOD}, and never blocks. */
  void look() {
    long sentNs = System.nanoTime();
    var _ =
        links
            .ask(links.names().slotOf(gate), redis -> redis.async().get(gate))
            .thenAccept(value -> {
              boolean open = value != null && value.length > 0 && value[value.length - 1] == '+';
              openAtNs.set(open ? sentNs : NEVER);
            });
  }

  /** Returns whether leases may be asked for. */
  boolean isOpen() {
    return isWithin(openAtNs.get(), ASKED);
  }

  /** Returns when the gate was surely open, for {@link #isUsable}. */
  long openAtNs() {
    return openAtNs.get();
  }

  /** Returns whether a lease may be used that was asked for when {@link #openAtNs} was this. */
  static boolean isUsable(long openAtNs) {
    return isWithin(openAtNs, USED);
  }

  private static boolean isWithin(long openAtNs, Duration time) {
    return openAtNs != NEVER && System.nanoTime() - openAtNs < time.toNanos();
  }
}
