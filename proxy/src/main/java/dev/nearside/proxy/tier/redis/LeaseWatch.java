package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.guard.ConnectPace;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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
 * is told may then forget what was made of it. The loss of the connection forgets these as well;
 * what was made of them ends with the marker's own time.
 */
public final class LeaseWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LeaseWatch.class);

  private final RedisClient client;
  private final RedisURI uri;
  private final ScheduledExecutorService scheduler;
  private final Duration answerTimeout;
  private final Consumer<byte[]> outdated;
  private final PacedTries tries;
  private volatile @Nullable WatchLink link;
  private volatile boolean closed;
  private volatile boolean toldOfLoss;

  /**
   * Creates a watch that is not connected.
   *
   * @param client speaks RESP3, with automatic reconnect off
   * @param scheduler runs time-outs and reconnects; stays the caller's
   * @param pace how often the upstream is tried, shared with other connections
   * @param answerTimeout how long a look may be unanswered before the connection is given up
   * @param outdated told each key that a look has found absent and whose marker is gone or changed,
   *     on the connection's thread and before any later look is answered
   */
  public LeaseWatch(
      RedisClient client,
      RedisURI uri,
      ScheduledExecutorService scheduler,
      ConnectPace pace,
      Duration answerTimeout,
      Consumer<byte[]> outdated) {
    this.client = client;
    this.uri = uri;
    this.scheduler = scheduler;
    this.tries = new PacedTries(scheduler, pace);
    this.answerTimeout = answerTimeout;
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
    client
        .connectAsync(ByteArrayCodec.INSTANCE, uri)
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
    return link != null;
  }

  /** Looks at {@code key} and its lease; completed on the connection's thread, never failing. */
  CompletableFuture<Look> look(byte[] key) {
    WatchLink current = link;
    if (current == null) {
      return CompletableFuture.completedFuture(new Look.Unknown());
    }
    CompletableFuture<Look> look = current.look(key);
    try {
      var timeout =
          scheduler.schedule(
              () -> lostUnless(look, current), answerTimeout.toMillis(), TimeUnit.MILLISECONDS);
      var _ = look.whenComplete((seen, never) -> timeout.cancel(false));
    } catch (RejectedExecutionException e) {
      current.lose(); // stopping
    }
    return look;
  }

  private static void lostUnless(CompletableFuture<Look> look, WatchLink on) {
    if (!look.isDone()) {
      on.lose();
    }
  }

  /** What was found of {@code key} may be out of date: tells whoever may hold it. */
  void outdated(byte[] key) {
    outdated.accept(key);
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
    WatchLink next = new WatchLink(connection, outdated, this::lost);
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
    tries.succeeded();
    log.info("lease connection open: {}", uri.getHost());
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
      if (!wasOpen) {
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
