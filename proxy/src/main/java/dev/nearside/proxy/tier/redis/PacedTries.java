package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.guard.ConnectPace;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When the sidecar's own connections are tried: at one pace for all of them, so that their number
 * does not multiply the tries. Thread-safe, never waits.
 */
final class PacedTries {
  private static final Logger log = LoggerFactory.getLogger(PacedTries.class);

  /** Another connection may have succeeded meanwhile, and then nobody needs to wait any more. */
  private static final long LOOK_AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Whoever is always let in, and always thrown out at once, waits up to eight times as long. */
  private static final int MOST_DOUBLINGS = 3;

  private final ScheduledExecutorService scheduler;
  private final ConnectPace pace;

  /** How many of the last connections have ended at once, up to {@link #MOST_DOUBLINGS}. */
  private final AtomicInteger shortLives = new AtomicInteger();

  /**
   * Creates what one connection uses.
   *
   * @param scheduler runs the tries; stays the caller's
   * @param pace shared with the other connections
   */
  PacedTries(ScheduledExecutorService scheduler, ConnectPace pace) {
    this.scheduler = scheduler;
    this.pace = pace;
  }

  /** Runs {@code connect} now, or when the pace lets it in; it has to say how it went. */
  void soon(Runnable connect) {
    if (pace.tryEnter(System.nanoTime())) {
      connect.run();
    } else {
      later(connect);
    }
  }

  /** Runs {@code connect} once the pace lets it in, and after a while of its own. */
  void later(Runnable connect) {
    long waitNs = Math.min(pace.waitNs(System.nanoTime()), LOOK_AGAIN_NS);
    after(waitNs + (ConnectPace.firstDelayNs() << shortLives.get()), connect);
  }

  /** Runs {@code connect} when the pace lets it in, but not before {@code delayNs} have passed. */
  void after(long delayNs, Runnable connect) {
    try {
      scheduler.schedule(() -> soon(connect), delayNs, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("not connecting again: stopping");
    }
  }

  /** A try has succeeded. */
  void succeeded() {
    pace.succeeded();
  }

  /**
   * A connection that had been opened at {@code openedAtNs} has ended. If that was at once, its try
   * is as good as failed, and the next waits longer.
   */
  void ended(long openedAtNs) {
    if (System.nanoTime() - openedAtNs > ConnectPace.LONGEST.toNanos()) {
      shortLives.set(0);
    } else {
      shortLives.updateAndGet(lives -> Math.min(lives + 1, MOST_DOUBLINGS));
      failed();
    }
  }

  /** A try has failed. */
  void failed() {
    pace.failed(System.nanoTime());
  }
}
