package dev.nearside.proxy.tier.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes one of the sidecar's own connections, again and again, to where the upstream is then.
 * Thread-safe.
 */
public final class Connector {
  private static final RedisCodec<byte[], byte[]> CODEC = ByteArrayCodec.INSTANCE;

  private final RedisClient client;
  private final Supplier<@Nullable RedisURI> uri;

  private Connector(RedisClient client, Supplier<@Nullable RedisURI> uri) {
    this.client = client;
    this.uri = uri;
  }

  /** Returns one that always connects to {@code uri}. */
  public static Connector to(RedisClient client, RedisURI uri) {
    return new Connector(client, () -> uri);
  }

  /** Returns one that connects to what {@code uri} says then, or fails where that is null. */
  static Connector to(RedisClient client, Supplier<@Nullable RedisURI> uri) {
    return new Connector(client, uri);
  }

  CompletionStage<StatefulRedisConnection<byte[], byte[]>> connect() {
    RedisURI now = uri.get();
    return now == null
        ? nowhere()
        : client.connectAsync(CODEC, now).thenApply(made -> kept(made, now));
  }

  CompletionStage<StatefulRedisPubSubConnection<byte[], byte[]>> connectPubSub() {
    RedisURI now = uri.get();
    return now == null
        ? nowhere()
        : client.connectPubSubAsync(CODEC, now).thenApply(made -> kept(made, now));
  }

  /** The upstream may have moved since the try began. */
  private <C extends StatefulConnection<?, ?>> C kept(C made, RedisURI to) {
    if (!place(to).equals(place())) {
      made.closeAsync();
    }
    return made;
  }

  private static <C> CompletionStage<C> nowhere() {
    return CompletableFuture.failedFuture(
        new RedisConnectionException("no sentinel has named the primary yet"));
  }

  /** Returns where it connects to now, for logs. */
  String place() {
    RedisURI now = uri.get();
    return now == null ? "nowhere" : place(now);
  }

  private static String place(RedisURI to) {
    return to.getSocket() == null ? to.getHost() + ":" + to.getPort() : to.getSocket();
  }
}
