package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.invalidation.FleetBus;
import dev.nearside.proxy.security.TlsRefusal;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The channel between the sidecars of one upstream: subscribed, and published to, on one connection
 * of its own. Thread-safe; never blocks.
 *
 * <p>It connects again by itself, so that the listener is told of every subscription: Lettuce's own
 * reconnect subscribes silently. In RESP3 a subscribed connection takes other commands as well, so
 * messages leave on it, too, and a PING on it says whether it still is one.
 */
public final class FleetConnection implements FleetBus, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FleetConnection.class);
  private static final byte[] CHANNEL = "nearside:invalidate".getBytes(US_ASCII);
  private static final Duration REFUSED_PAUSE = Duration.ofSeconds(10);

  private final Connector connector;
  private final ScheduledExecutorService scheduler;
  private final Duration patience;
  private final PacedTries tries;

  /** Held while a link becomes the one in use or ceases to be. */
  private final ReentrantLock changing = new ReentrantLock();

  private volatile @Nullable SubscribedLink link;
  private volatile String state = "connecting";
  private volatile boolean refused;
  private volatile boolean closed;

  /**
   * Creates a connection that is not yet being made.
   *
   * @param connector makes connections of RESP3, with automatic reconnect off
   * @param scheduler runs heartbeats and reconnects; stays the caller's
   * @param pace how often the upstream is tried, shared with other connections
   * @param patience how long a heartbeat may be unanswered
   */
  FleetConnection(
      Connector connector,
      ScheduledExecutorService scheduler,
      ConnectPace pace,
      Duration patience) {
    this.connector = connector;
    this.scheduler = scheduler;
    this.patience = patience;
    this.tries = new PacedTries(scheduler, pace);
  }

  /**
   * Starts connecting, and goes on for ever.
   *
   * @param listener told, on the connection's thread, of every subscription and message
   */
  public void start(Listener listener) {
    tries.soon(() -> connect(listener));
  }

  /** Returns in words how the connection is, for readiness and logs. */
  public String state() {
    return state;
  }

  /** Returns whether it is subscribed. */
  public boolean isOpen() {
    return link != null;
  }

  /** Returns whether it is subscribed, or the upstream does not let it be. */
  public boolean isSettled() {
    return isOpen() || refused;
  }

  @Override
  public CompletionStage<?> publish(byte[] message) {
    SubscribedLink current = link;
    if (current == null) {
      return CompletableFuture.failedStage(new RedisException("not subscribed: " + state));
    }
    try {
      return current.connection().async().publish(CHANNEL, message);
    } catch (RedisException e) { // it was closed in this moment
      return CompletableFuture.failedStage(e);
    }
  }

  @Override
  public void close() {
    closed = true;
    SubscribedLink current = link;
    if (current != null) {
      current.lose("stopping");
    }
  }

  private void connect(Listener listener) {
    if (closed) {
      return;
    }
    connector
        .connectPubSub()
        .whenComplete((connection, failure) -> {
          if (connection == null) {
            refused = false;
            tries.failed();
            retry(listener, "cannot connect: " + TlsRefusal.words(failure));
          } else if (closed) {
            connection.closeAsync();
          } else {
            new SubscribedLink(connection, scheduler, patience, new Subscription(listener))
                .subscribe(CHANNEL);
          }
        });
  }

  private void retry(Listener listener, String why) {
    if (closed) {
      return;
    }
    if (!why.equals(state)) {
      log.warn("the fleet's channel: {}", why);
    }
    state = why;
    if (refused) {
      tries.after(REFUSED_PAUSE.toNanos(), () -> connect(listener));
    } else {
      tries.later(() -> connect(listener));
    }
  }

  /** One connection, from SUBSCRIBE to its loss. */
  private final class Subscription implements SubscribedLink.Owner {
    private final Listener listener;
    private volatile long openedAtNs;

    Subscription(Listener listener) {
      this.listener = listener;
    }

    @Override
    public void subscribed(SubscribedLink next) {
      listener.subscribed();
      changing.lock();
      try {
        if (next.isLost()) {
          return;
        }
        link = next;
        openedAtNs = System.nanoTime();
        state = "subscribed";
        refused = false;
      } finally {
        changing.unlock();
      }
      tries.succeeded();
      log.info("the fleet's channel is subscribed at {}", connector.place());
    }

    @Override
    public void message(SubscribedLink from, byte[] message) {
      listener.received(message);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the very link
    public void lost(SubscribedLink gone, String why, boolean isRefusal) {
      boolean wasOpen;
      changing.lock();
      try {
        refused = isRefusal;
        wasOpen = link == gone;
        if (wasOpen) {
          link = null;
        }
      } finally {
        changing.unlock();
      }
      if (wasOpen && !closed) {
        tries.ended(openedAtNs);
      } else if (!wasOpen && !isRefusal) {
        tries.failed();
      }
      retry(listener, why);
    }
  }
}
