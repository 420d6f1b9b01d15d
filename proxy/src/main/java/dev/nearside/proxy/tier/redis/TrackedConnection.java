package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.tier.local.LookupKey;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection whose reads the upstream remembers and whose pushes say when they are out of date:
 * one per database, in default tracking mode, carrying admitted reads, barriers and heartbeats
 * only.
 *
 * <p>Lettuce decodes replies and pushes of one connection in stream order on one thread and calls
 * back from there; everything this class does to its {@link Shard} happens in those calls, so in
 * the order of the stream. It connects by itself: after Lettuce's own reconnect tracking would
 * silently be off. A generation opens only when the server has said OK to CLIENT TRACKING ON, and
 * closes with the connection, or when anything sent has been unanswered for the read time-out.
 */
public final class TrackedConnection implements AutoCloseable {
  /** Told once, on the connection's thread, what a read found. */
  public interface ReadListener {
    /**
     * The key was read.
     *
     * @param value the value, or null when the key does not exist
     * @param ttlMillis what PTTL said after it: −2 no such key, −1 no expiry
     */
    void read(byte @Nullable [] value, long ttlMillis);

    /** The read was not answered. */
    void failed();

    /** The upstream is there and answered with an error. */
    default void refused() {
      failed();
    }
  }

  private static final Logger log = LoggerFactory.getLogger(TrackedConnection.class);
  private static final RedisCodec<byte[], byte[]> CODEC = ByteArrayCodec.INSTANCE;
  private static final long FIRST_BACKOFF_MS = 50;
  private static final long MAX_BACKOFF_MS = 2_000;

  private final RedisClient client;
  private final RedisURI uri;
  private final Shard shard;
  private final long heartbeatNs;
  private final long readTimeoutNs;
  private final ScheduledExecutorService scheduler;
  private final RelayNodes relayNodes;

  /**
   * Held while a link becomes the one in use or ceases to be: a late loss must not close the next.
   */
  private final ReentrantLock changing = new ReentrantLock();

  private volatile @Nullable Link link;
  private volatile String state = "connecting";
  private volatile @Nullable String nodeId;
  private volatile boolean closed;
  private long backoffMs = FIRST_BACKOFF_MS;

  /**
   * Creates a connection that is not yet being made.
   *
   * @param client speaks RESP3, with automatic reconnect off
   * @param uri the upstream with the database of {@code shard}
   * @param heartbeat the longest silence before a PING
   * @param readTimeout how long anything may be unanswered before the connection is given up
   * @param scheduler runs heartbeats and reconnects; stays the caller's
   * @param relayNodes the nodes that relay connections have reached
   */
  public TrackedConnection(
      RedisClient client,
      RedisURI uri,
      Shard shard,
      Duration heartbeat,
      Duration readTimeout,
      ScheduledExecutorService scheduler,
      RelayNodes relayNodes) {
    this.client = client;
    this.uri = uri;
    this.shard = shard;
    this.heartbeatNs = heartbeat.toNanos();
    this.readTimeoutNs = readTimeout.toNanos();
    this.scheduler = scheduler;
    this.relayNodes = relayNodes;
  }

  /** Starts connecting, and goes on for ever. */
  public void start() {
    connect();
  }

  /** Returns in words how the connection is, for readiness and logs. */
  public String state() {
    return state;
  }

  /** Returns whether it is there and tracking is confirmed. */
  public boolean isOpen() {
    return link != null;
  }

  /** Returns the {@code run_id} of the connected node, or null while none is known. */
  public @Nullable String nodeId() {
    return nodeId;
  }

  /**
   * Sends GET and PTTL of {@code name} in one write, at the next {@link #flush}. From any thread.
   *
   * @param listener told on the connection's thread, or on the caller's when there is no connection
   */
  public void read(byte[] name, ReadListener listener) {
    Link current = link;
    if (current == null) {
      listener.failed();
      return;
    }
    current.read(name, listener);
  }

  /** Sends what {@link #read} has gathered. */
  public void flush() {
    Link current = link;
    if (current != null) {
      current.connection.flushCommands();
    }
  }

  /** Gives the present connection up and makes another; its generation closes at once. */
  public void reconnect(String why) {
    Link current = link;
    if (current != null) {
      current.lost(why);
    }
  }

  @Override
  public void close() {
    closed = true;
    reconnect("stopping");
  }

  private void connect() {
    if (closed) {
      return;
    }
    client
        .connectAsync(CODEC, uri)
        .whenComplete((connection, failure) -> {
          if (connection == null) {
            retry("cannot connect: " + rootMessage(failure));
          } else {
            enableTracking(connection);
          }
        });
  }

  private void enableTracking(StatefulRedisConnection<byte[], byte[]> connection) {
    Link next = new Link(connection);
    connection.addListener(next::pushed);
    connection.addListener(next);
    long sentAtNs = System.nanoTime();
    connection
        .async()
        .clientTracking(TrackingArgs.Builder.enabled())
        .thenCombine(
            connection.async().info("server"),
            (ok, info) -> {
              open(next, sentAtNs, info);
              return ok;
            })
        .whenComplete((ok, failure) -> {
          if (failure != null) {
            next.lost("tracking refused: " + rootMessage(failure));
          }
        });
  }

  private void open(Link next, long sentAtNs, String info) {
    String reached = NodeId.of(info);
    nodeId = reached;
    if (!relayNodes.agree(reached)) {
      next.lost("relay connections are on another node than " + reached);
      return;
    }
    next.connection.setAutoFlushCommands(false);
    changing.lock();
    try {
      if (next.isLost()) {
        return;
      }
      link = next;
      state = "open";
      backoffMs = FIRST_BACKOFF_MS;
      shard.open(sentAtNs, next::pingForBarrier);
    } finally {
      changing.unlock();
    }
    next.tick();
    log.info("tracked connection open: database {} of {}", shard.database(), uri.getHost());
  }

  private void retry(String why) {
    if (closed) {
      return;
    }
    if (!why.equals(state)) {
      log.warn("tracked connection of database {}: {}", shard.database(), why);
    }
    state = why;
    long delayMs = ThreadLocalRandom.current().nextLong(backoffMs / 2, backoffMs + 1);
    backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    try {
      scheduler.schedule(this::connect, delayMs, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("not connecting again: stopping");
    }
  }

  private static String rootMessage(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }

  /** One connection, from TRACKING ON to its loss. */
  private final class Link implements RedisConnectionStateListener {
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final AtomicInteger unanswered = new AtomicInteger();
    private volatile long waitingSinceNs;
    private volatile long lastSentNs = System.nanoTime();
    private final AtomicInteger lost = new AtomicInteger();

    Link(StatefulRedisConnection<byte[], byte[]> connection) {
      this.connection = connection;
    }

    boolean isLost() {
      return lost.get() != 0;
    }

    void read(byte[] name, ReadListener listener) {
      long nowNs = System.nanoTime();
      Sent<byte[]> get =
          new Sent<>(CommandType.GET, new ValueOutput<>(CODEC), arguments(name), nowNs);
      connection.dispatch(get);
      connection.dispatch(
          new Sent<>(CommandType.PTTL, new IntegerOutput<>(CODEC), arguments(name), nowNs) {
            @Override
            void answered() {
              if (get.succeeded() && succeeded()) {
                listener.read(get.get(), get());
              } else if (get.wasAnswered() && wasAnswered()) {
                listener.refused();
              } else {
                listener.failed();
              }
            }

            @Override
            void unanswered() {
              listener.failed();
            }
          });
    }

    private CommandArgs<byte[], byte[]> arguments(byte[] name) {
      return new CommandArgs<>(CODEC).addKey(name);
    }

    void pingForBarrier() {
      connection.dispatch(
          new Ping() {
            @Override
            void answered() {
              shard.barrierAnswered(sentAtNs);
            }
          });
      connection.flushCommands();
    }

    private void heartbeat() {
      connection.dispatch(new Ping());
      connection.flushCommands();
    }

    /** Sends a heartbeat when it is due, and gives the connection up when an answer is overdue. */
    void tick() {
      if (isLost()) {
        return;
      }
      long nowNs = System.nanoTime();
      if (unanswered.get() > 0 && nowNs - waitingSinceNs > readTimeoutNs) {
        lost("unanswered for " + Duration.ofNanos(readTimeoutNs).toMillis() + " ms");
        return;
      }
      if (nowNs - lastSentNs >= heartbeatNs) {
        heartbeat();
      }
      long jitterNs = ThreadLocalRandom.current().nextLong(heartbeatNs / 4 + 1);
      scheduler.schedule(this::tick, heartbeatNs / 2 + jitterNs, TimeUnit.NANOSECONDS);
    }

    void pushed(PushMessage push) {
      if (!push.getType().equals("invalidate")) {
        return;
      }
      Object names = push.getContent().size() > 1 ? push.getContent().get(1) : null;
      if (names instanceof List<?> list) {
        LookupKey key = new LookupKey();
        for (Object name : list) {
          shard.pushed(key.set(shard.database(), bytes((ByteBuffer) name)));
        }
      } else {
        shard.pushedAll();
      }
    }

    private static byte[] bytes(ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return bytes;
    }

    @Override
    public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
      lost("connection lost");
    }

    void lost(String why) {
      if (!lost.compareAndSet(0, 1)) {
        return;
      }
      changing.lock();
      try {
        if (link == this) {
          link = null;
          nodeId = null;
          shard.close();
        }
      } finally {
        changing.unlock();
      }
      connection.closeAsync();
      retry(why);
    }

    /** A command of ours that moves the staleness clock when it is answered. */
    private class Sent<T> extends Command<byte[], byte[], T> {
      final long sentAtNs;

      Sent(
          CommandType type,
          CommandOutput<byte[], byte[], T> output,
          @Nullable CommandArgs<byte[], byte[]> args,
          long sentAtNs) {
        super(type, output, args);
        this.sentAtNs = sentAtNs;
        lastSentNs = sentAtNs;
        if (unanswered.getAndIncrement() == 0) {
          waitingSinceNs = sentAtNs;
        }
      }

      void answered() {}

      void unanswered() {}

      boolean wasAnswered() {
        return exception == null;
      }

      boolean succeeded() {
        return !getOutput().hasError() && exception == null;
      }

      @Override
      public void complete() {
        super.complete();
        unanswered.decrementAndGet();
        waitingSinceNs = System.nanoTime();
        shard.answered(sentAtNs);
        answered();
      }

      @Override
      public boolean completeExceptionally(Throwable failure) {
        boolean first = super.completeExceptionally(failure);
        if (first) {
          unanswered();
        }
        return first;
      }

      @Override
      public void cancel() {
        boolean first = !isDone();
        super.cancel();
        if (first) {
          unanswered();
        }
      }
    }

    private class Ping extends Sent<String> {
      Ping() {
        super(CommandType.PING, new StatusOutput<>(CODEC), null, System.nanoTime());
      }
    }
  }
}
