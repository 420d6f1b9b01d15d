package dev.nearside.proxy.tier.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscribed connection, from SUBSCRIBE to its loss. In RESP3 it takes other commands as well,
 * and a PING on it says whether it still is one. It is lost once, and not made again.
 */
final class SubscribedLink extends RedisPubSubAdapter<byte[], byte[]>
    implements RedisConnectionStateListener {
  /** Who made the link and will make the next one; told on the connection's thread. */
  interface Owner {
    /** A channel is subscribed; comes in the order of the stream, before any message. */
    void subscribed(SubscribedLink link);

    /** A message has come. */
    void message(SubscribedLink link, byte[] message);

    /** Comes about once a second, on the scheduler's thread. */
    default void tick(SubscribedLink link) {}

    /**
     * The link is lost; called once, on any thread. Its connection is being closed.
     *
     * @param refused whether the server does not let it subscribe
     */
    void lost(SubscribedLink link, String why, boolean refused);
  }

  private static final Logger log = LoggerFactory.getLogger(SubscribedLink.class);
  private static final Duration HEARTBEAT = Duration.ofSeconds(1);

  private final StatefulRedisPubSubConnection<byte[], byte[]> connection;
  private final ScheduledExecutorService scheduler;
  private final Duration patience;
  private final Owner owner;
  private final AtomicBoolean lost = new AtomicBoolean();
  private volatile long answeredNs = System.nanoTime();

  /**
   * Creates a link that has not subscribed to anything.
   *
   * @param scheduler runs heartbeats
   * @param patience how long a heartbeat may be unanswered
   */
  SubscribedLink(
      StatefulRedisPubSubConnection<byte[], byte[]> connection,
      ScheduledExecutorService scheduler,
      Duration patience,
      Owner owner) {
    this.connection = connection;
    this.scheduler = scheduler;
    this.patience = patience;
    this.owner = owner;
  }

  void subscribe(byte[]... channels) {
    connection.addListener((RedisConnectionStateListener) this);
    connection.addListener((io.lettuce.core.pubsub.RedisPubSubListener<byte[], byte[]>) this);
    connection
        .async()
        .subscribe(channels)
        .whenComplete((done, failure) -> {
          if (failure != null) {
            Throwable root = rootOf(failure);
            boolean refused = root instanceof RedisCommandExecutionException;
            lost("SUBSCRIBE: " + root.getMessage(), refused);
          }
        });
    beatLater();
  }

  StatefulRedisPubSubConnection<byte[], byte[]> connection() {
    return connection;
  }

  boolean isLost() {
    return lost.get();
  }

  @Override
  public void subscribed(byte[] channel, long count) {
    owner.subscribed(this);
  }

  @Override
  public void message(byte[] channel, byte[] message) {
    owner.message(this, message);
  }

  private void tick() {
    if (lost.get()) {
      return;
    }
    long silentNs = System.nanoTime() - answeredNs;
    if (silentNs > patience.plus(HEARTBEAT).toNanos()) {
      lose("unanswered for " + silentNs / 1_000_000 + " ms");
      return;
    }
    try {
      connection.async().ping().thenAccept(pong -> answeredNs = System.nanoTime());
    } catch (RedisException e) {
      lose("PING: " + e.getMessage());
    }
    owner.tick(this);
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
    lose("connection lost");
  }

  /** Gives the link up; only the first call counts. */
  void lose(String why) {
    lost(why, false);
  }

  private void lost(String why, boolean refused) {
    if (lost.compareAndSet(false, true)) {
      connection.closeAsync();
      owner.lost(this, why, refused);
    }
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
