package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.security.Credentials;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisClient;
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
import java.util.concurrent.ConcurrentHashMap;
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
  private final Supplier<Credentials> credentials;
  private final Map<StatefulConnection<?, ?>, String> users = new ConcurrentHashMap<>();

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
    String user = credentials.get().user();
    return super.connectAsync(codec, uri).thenApply(made -> kept(made, user));
  }

  @Override
  public <K, V> ConnectionFuture<StatefulRedisPubSubConnection<K, V>> connectPubSubAsync(
      RedisCodec<K, V> codec, RedisURI uri) {
    String user = credentials.get().user();
    return super.connectPubSubAsync(codec, uri).thenApply(made -> kept(made, user));
  }

  /** Returns where {@code uri} leads, for logs. */
  static String place(RedisURI uri) {
    return uri.getSocket() == null ? uri.getHost() + ":" + uri.getPort() : uri.getSocket();
  }

  /** Closes what acts as another user than the one of now; its owners make it anew. */
  void closeOtherUsers() {
    users.keySet().forEach(this::closeIfOtherUsers);
  }

  private <C extends StatefulConnection<?, ?>> C kept(C made, String user) {
    users.put(made, user);
    made.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            users.remove(made);
          }
        });
    if (!made.isOpen()) {
      users.remove(made); // before the listener was there
    }
    closeIfOtherUsers(made);
    return made;
  }

  private void closeIfOtherUsers(StatefulConnection<?, ?> made) {
    String user = users.get(made);
    if (user != null && !user.equals(credentials.get().user())) {
      made.closeAsync();
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
