package dev.nearside.proxy.server;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Closes the clients of one event loop that have been idle for too long: one task for all of them,
 * once a second, which is as precise as Redis's {@code timeout}. Confined to its loop.
 */
final class IdleSweep {
  private static final long PERIOD_S = 1;

  private final long timeoutNs;
  private final Set<IdleWatch> watches = new LinkedHashSet<>();

  private IdleSweep(Duration timeout) {
    this.timeoutNs = timeout.toNanos();
  }

  /** Returns a sweep that goes on until {@code loop} ends. */
  static IdleSweep on(EventLoop loop, Duration timeout) {
    IdleSweep sweep = new IdleSweep(timeout);
    loop.scheduleWithFixedDelay(sweep::sweep, PERIOD_S, PERIOD_S, TimeUnit.SECONDS);
    return sweep;
  }

  /** Returns what watches {@code client} from now on, to be put before it in its pipeline. */
  IdleWatch watch(ClientConnection client) {
    return new IdleWatch(client, watches, System.nanoTime());
  }

  private void sweep() {
    long nowNs = System.nanoTime();
    for (IdleWatch watch : List.copyOf(watches)) { // whoever is closed leaves the set
      watch.check(nowNs, timeoutNs);
    }
  }
}
