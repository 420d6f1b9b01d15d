package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.invalidation.FleetBus;
import dev.nearside.proxy.security.TlsRefusal;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
  private static final Duration HEARTBEAT = Duration.ofSeconds(1);
  private static final Duration REFUSED_PAUSE = Duration.ofSeconds(10);

  private final RedisClient client;
  private final RedisURI uri;
  private final ScheduledExecutorService scheduler;
  private final Duration patience;
  private final PacedTries tries;

  /** Held while a link becomes the one in use or ceases to be. */
  private final ReentrantLock changing = new ReentrantLock();

  private volatile @Nullable Link link;
  private volatile String state = "connecting";
  private volatile boolean refused;
  private volatile boolean closed;

  /**
   * Creates a connection that is not yet being made.
   *
   * @param client speaks RESP3, with automatic reconnect off
   * @param scheduler runs heartbeats and reconnects; stays the caller's
   * @param pace how often the upstream is tried, shared with other connections
   * @param patience how long a heartbeat may be unanswered
   */
  FleetConnection(
      RedisClient client,
      RedisURI uri,
      ScheduledExecutorService scheduler,
      ConnectPace pace,
      Duration patience) {
    this.client = client;
    this.uri = uri;
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
    Link current = link;
    if (current == null) {
      return CompletableFuture.failedStage(new RedisException("not subscribed: " + state));
    }
    try {
      return current.connection.async().publish(CHANNEL, message);
    } catch (RedisException e) { // it was closed in this moment
      return CompletableFuture.failedStage(e);
    }
  }

  @Override
  public void close() {
    closed = true;
    Link current = link;
    if (current != null) {
      current.lost("stopping");
    }
  }

  private void connect(Listener listener) {
    if (closed) {
      return;
    }
    client
        .connectPubSubAsync(ByteArrayCodec.INSTANCE, uri)
        .whenComplete((connection, failure) -> {
          if (connection == null) {
            refused = false;
            tries.failed();
            retry(listener, "cannot connect: " + TlsRefusal.words(failure));
          } else if (closed) {
            connection.closeAsync();
          } else {
            new Link(connection, listener).subscribe();
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

  private static Throwable rootOf(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** One connection, from SUBSCRIBE to its loss. */
  private final class Link extends RedisPubSubAdapter<byte[], byte[]>
      implements RedisConnectionStateListener {
    private final StatefulRedisPubSubConnection<byte[], byte[]> connection;
    private final Listener listener;
    private final AtomicBoolean lost = new AtomicBoolean();
    private volatile long answeredNs = System.nanoTime();
    private volatile long openedAtNs;

    Link(StatefulRedisPubSubConnection<byte[], byte[]> connection, Listener listener) {
      this.connection = connection;
      this.listener = listener;
    }

    void subscribe() {
      connection.addListener((RedisConnectionStateListener) this);
      connection.addListener((io.lettuce.core.pubsub.RedisPubSubListener<byte[], byte[]>) this);
      connection
          .async()
          .subscribe(CHANNEL)
          .whenComplete((done, failure) -> {
            if (failure != null) {
              Throwable root = rootOf(failure);
              refused = root instanceof RedisCommandExecutionException;
              lost("SUBSCRIBE: " + root.getMessage());
            }
          });
      beatLater();
    }

    /** Comes in the order of the stream, before any message. */
    @Override
    public void subscribed(byte[] channel, long count) {
      listener.subscribed();
      changing.lock();
      try {
        if (lost.get()) {
          return;
        }
        link = this;
        openedAtNs = System.nanoTime();
        state = "subscribed";
        refused = false;
      } finally {
        changing.unlock();
      }
      tries.succeeded();
      log.info("the fleet's channel is subscribed at {}", AsyncClient.place(uri));
    }

    @Override
    public void message(byte[] channel, byte[] message) {
      listener.received(message);
    }

    private void tick() {
      if (lost.get()) {
        return;
      }
      long silentNs = System.nanoTime() - answeredNs;
      if (silentNs > patience.plus(HEARTBEAT).toNanos()) {
        lost("unanswered for " + silentNs / 1_000_000 + " ms");
        return;
      }
      try {
        connection.async().ping().thenAccept(pong -> answeredNs = System.nanoTime());
      } catch (RedisException e) {
        lost("PING: " + e.getMessage());
      }
      beatLater();
    }

    private void beatLater() {
      try {
        scheduler.schedule(this::tick, HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        log.debug("no more heartbeats: stopping");
      }
    }

    @Override
    public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
      lost("connection lost");
    }

    @SuppressWarnings("ReferenceEquality") // this very link
    void lost(String why) {
      if (!lost.compareAndSet(false, true)) {
        return;
      }
      boolean wasOpen;
      changing.lock();
      try {
        wasOpen = link == this;
        if (wasOpen) {
          link = null;
        }
      } finally {
        changing.unlock();
      }
      connection.closeAsync();
      if (wasOpen && !closed) {
        tries.ended(openedAtNs);
      } else if (!wasOpen && !refused) {
        tries.failed();
      }
      retry(listener, why);
    }
  }
}
