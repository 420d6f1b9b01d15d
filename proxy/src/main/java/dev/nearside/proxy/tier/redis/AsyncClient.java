package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.security.Credentials;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisReactiveCommandsImpl;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.pubsub.PubSubEndpoint;
import io.lettuce.core.pubsub.RedisPubSubReactiveCommandsImpl;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnectionImpl;
import io.lettuce.core.pubsub.api.sync.RedisPubSubCommands;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lettuce's client, of whose connections only {@code async()} and {@code dispatch} are there.
 *
 * <p>A connection otherwise comes with a dynamic proxy of some seven hundred blocking commands, and
 * with as many reactive ones; to make them costs a fifth of a second at start and megabytes
 * afterwards, and nobody here calls any of them.
 */
final class AsyncClient extends RedisClient {
  /** As whom a connection was made, and before which move of the upstream. */
  private record Origin(String user, int era) {}

  private final Supplier<Credentials> credentials;
  private final Map<StatefulConnection<?, ?>, Origin> made = new ConcurrentHashMap<>();
  private final Set<Runnable> givingUp = ConcurrentHashMap.newKeySet();
  private final AtomicInteger era = new AtomicInteger();

  private AsyncClient(ClientResources resources, Supplier<Credentials> credentials) {
    super(resources, new RedisURI());
    this.credentials = credentials;
  }

  /**
   * As {@link RedisClient#create(ClientResources)}: each connect names its URI.
   *
   * @param credentials with which connections are made that are made now
   */
  static AsyncClient of(ClientResources resources, Supplier<Credentials> credentials) {
    return new AsyncClient(resources, credentials);
  }

  @Override
  public <K, V> ConnectionFuture<StatefulRedisConnection<K, V>> connectAsync(
      RedisCodec<K, V> codec, RedisURI uri) {
    Origin now = now();
    return noted(super.connectAsync(codec, uri).thenApply(each -> kept(each, now)));
  }

  @Override
  public <K, V> ConnectionFuture<StatefulRedisPubSubConnection<K, V>> connectPubSubAsync(
      RedisCodec<K, V> codec, RedisURI uri) {
    Origin now = now();
    return noted(super.connectPubSubAsync(codec, uri).thenApply(each -> kept(each, now)));
  }

  private <C> ConnectionFuture<C> noted(ConnectionFuture<C> each) {
    Runnable giveUp =
        () ->
            each.toCompletableFuture()
                .completeExceptionally(new RedisConnectionException("the upstream has moved"));
    givingUp.add(giveUp);
    each.whenComplete((connection, failure) -> givingUp.remove(giveUp));
    return each;
  }

  private Origin now() {
    return new Origin(credentials.get().user(), era.get());
  }

  /** Closes what acts as another user than the one of now; its owners make it anew. */
  void closeOtherUsers() {
    made.keySet().forEach(this::closeIfOutdated);
  }

  /**
   * The upstream has moved: closes what there is, and gives up what is being made, however long a
   * server that hangs would let it wait; its owners make it anew.
   */
  void closeAll() {
    era.incrementAndGet();
    givingUp.forEach(Runnable::run);
    made.keySet().forEach(this::closeIfOutdated);
  }

  private <C extends StatefulConnection<?, ?>> C kept(C connection, Origin origin) {
    made.put(connection, origin);
    connection.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
            made.remove(connection);
          }
        });
    if (!connection.isOpen()) {
      made.remove(connection); // before the listener was there
    }
    closeIfOutdated(connection);
    return connection;
  }

  private void closeIfOutdated(StatefulConnection<?, ?> connection) {
    Origin origin = made.get(connection);
    if (origin != null && !origin.equals(now())) {
      connection.closeAsync();
    }
  }

  @Override
  protected <K, V> StatefulRedisConnectionImpl<K, V> newStatefulRedisConnection(
      RedisChannelWriter writer, PushHandler pushes, RedisCodec<K, V> codec, Duration timeout) {
    return new Connection<>(writer, pushes, codec, timeout);
  }

  @Override
  protected <K, V> StatefulRedisPubSubConnectionImpl<K, V> newStatefulRedisPubSubConnection(
      PubSubEndpoint<K, V> endpoint,
      RedisChannelWriter writer,
      RedisCodec<K, V> codec,
      Duration timeout) {
    return new PubSubConnection<>(endpoint, writer, codec, timeout);
  }

  /** Whose {@code sync()} and {@code reactive()} are null. */
  private static final class Connection<K, V> extends StatefulRedisConnectionImpl<K, V> {
    Connection(
        RedisChannelWriter writer, PushHandler pushes, RedisCodec<K, V> codec, Duration timeout) {
      super(writer, pushes, codec, timeout);
    }

    @Override
    protected @Nullable RedisCommands<K, V> newRedisSyncCommandsImpl() {
      return null;
    }

    @Override
    protected @Nullable RedisReactiveCommandsImpl<K, V> newRedisReactiveCommandsImpl() {
      return null;
    }
  }

  /** As {@link Connection}. */
  private static final class PubSubConnection<K, V>
      extends StatefulRedisPubSubConnectionImpl<K, V> {
    PubSubConnection(
        PubSubEndpoint<K, V> endpoint,
        RedisChannelWriter writer,
        RedisCodec<K, V> codec,
        Duration timeout) {
      super(endpoint, writer, codec, timeout);
    }

    @Override
    protected @Nullable RedisPubSubCommands<K, V> newRedisSyncCommandsImpl() {
      return null;
    }

    @Override
    protected @Nullable RedisPubSubReactiveCommandsImpl<K, V> newRedisReactiveCommandsImpl() {
      return null;
    }
  }
}
