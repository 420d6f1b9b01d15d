package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.guard.ConnectPace;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection on which readers wait for another's lease: tracking in default mode, carrying
 * nothing but looks at leases and their keys. Thread-safe, never blocks; made and closed with the
 * sidecar's other connections.
 *
 * <p>A look registers both names at the upstream in the order in which it reads them, and its
 * waiter here before it is sent: whatever changes after the look is pushed, and the push finds the
 * waiter. Losing the connection wakes everybody who waits: they look again. L1 being closed does
 * not touch it.
 *
 * <p>A row that a look has found to be absent is remembered until the push for its lease: whoever
 * is told may then forget what was made of it. When the connection is lost, or says nothing for too
 * long, that is the case of all of them at once.
 */
public final class LeaseWatch implements AutoCloseable {
  /**
   * How the connection is watched.
   *
   * @param heartbeat the longest silence before a PING
   * @param answerTimeout how long anything may be unanswered before the connection is given up
   * @param maxSilence how long after the last sign of life the last absent row is forgotten; more
   *     than three times {@code heartbeat}
   */
  public record Settings(Duration heartbeat, Duration answerTimeout, Duration maxSilence) {
    /** Returns those of a connection that keeps {@code maxStaleness}. */
    static Settings of(Duration heartbeat, Duration answerTimeout, Duration maxStaleness) {
      Duration often = maxStaleness.dividedBy(4);
      return new Settings(
          heartbeat.compareTo(often) < 0 ? heartbeat : often, answerTimeout, maxStaleness);
    }
  }

  private static final Logger log = LoggerFactory.getLogger(LeaseWatch.class);

  private final Connector connector;
  private final SideNames names;
  private final ScheduledExecutorService scheduler;
  private final Settings settings;
  private final Consumer<byte[]> outdated;
  private final PacedTries tries;
  private volatile @Nullable WatchLink link;
  private volatile boolean closed;
  private volatile long openedAtNs;
  private volatile boolean toldOfLoss;

  /**
   * Creates a watch that is not connected.
   *
   * @param connector makes connections of RESP3, with automatic reconnect off
   * @param names how leases are named
   * @param scheduler runs time-outs and reconnects; stays the caller's
   * @param pace how often the upstream is tried, shared with other connections
   * @param outdated told each key that a look has found absent and whose marker is gone or changed,
   *     before any later look is answered; or may be so unnoticed, soon where they are many; on any
   *     thread
   */
  public LeaseWatch(
      Connector connector,
      SideNames names,
      ScheduledExecutorService scheduler,
      ConnectPace pace,
      Settings settings,
      Consumer<byte[]> outdated) {
    this.connector = connector;
    this.names = names;
    this.scheduler = scheduler;
    this.tries = new PacedTries(scheduler, pace);
    this.settings = settings;
    this.outdated = outdated;
  }

  /** Starts connecting, and goes on until closed. */
  public void start() {
    tries.soon(this::connect);
  }

  private void connect() {
    if (closed) {
      return;
    }
    connector
        .connect()
        .whenComplete((connection, failure) -> {
          if (connection == null) {
            tries.failed();
            retry("cannot connect");
          } else if (closed) {
            connection.closeAsync();
          } else {
            enableTracking(connection);
          }
        });
  }

  /** Returns whether the connection is there and tracking is confirmed. */
  public boolean isOpen() {
    WatchLink current = link;
    return current != null && !current.isLost();
  }

  /** Looks at {@code key} and its lease; completed on the connection's thread, never failing. */
  CompletableFuture<Look> look(byte[] key) {
    WatchLink current = link;
    if (current == null) {
      return CompletableFuture.completedFuture(new Look.Unknown());
    }
    return current.look(key);
  }

  /** What was found of {@code key} may be out of date: tells whoever may hold it. */
  void outdated(byte[] key) {
    outdated.accept(key);
  }

  /** Gives the connection up, because the upstream has become another node, and makes another. */
  void renew() {
    WatchLink current = link;
    if (current != null) {
      current.lose();
    }
  }

  @Override
  public void close() {
    closed = true;
    WatchLink current = link;
    if (current != null) {
      current.lose();
    }
  }

  private void enableTracking(StatefulRedisConnection<byte[], byte[]> connection) {
    WatchLink next = new WatchLink(connection, names, settings, scheduler, outdated, this::lost);
    next.tick();
    connection
        .async()
        .clientTracking(TrackingArgs.Builder.enabled())
        .whenComplete((ok, failure) -> {
          if (failure != null) {
            next.lose();
          } else {
            open(next);
          }
        });
  }

  private void open(WatchLink next) {
    link = next;
    if (next.isLost()) {
      lost(next);
      return;
    }
    toldOfLoss = false;
    openedAtNs = System.nanoTime();
    tries.succeeded();
    log.info("lease connection open: {}", connector.place());
    if (closed) {
      next.lose();
    }
  }

  /** Called at least once for each link that is gone; only the first call finds it in use. */
  @SuppressWarnings("ReferenceEquality") // the very link
  private void lost(WatchLink gone) {
    boolean wasOpen = link == gone;
    if (wasOpen) {
      link = null;
    }
    if (gone.isToBeReplaced()) {
      if (wasOpen) {
        tries.ended(openedAtNs);
      } else {
        tries.failed();
      }
      retry(wasOpen ? "connection lost" : "tracking refused or connection lost");
    }
  }

  private void retry(String why) {
    if (closed) {
      return;
    }
    if (!toldOfLoss) {
      log.warn("lease connection: {}", why);
    }
    toldOfLoss = true;
    tries.later(this::connect);
  }
}
