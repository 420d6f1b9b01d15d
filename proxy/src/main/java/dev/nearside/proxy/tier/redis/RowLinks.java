package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.HashSlot;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The connections on which is done at Redis what keeps it true to the database: one, or one to each
 * primary of a cluster. Thread-safe.
 */
interface RowLinks {
  /** Returns how that is named which is kept beside keys. */
  SideNames names();

  /**
   * Returns the connection to whoever has the keys of {@code slot}, or null while there is none.
   *
   * @param slot as {@link SideNames#slotOf} says
   */
  @Nullable StatefulRedisConnection<byte[], byte[]> at(int slot);

  /** Returns all connections, or null while one is missing. */
  default @Nullable Set<StatefulRedisConnection<byte[], byte[]>> connections() {
    StatefulRedisConnection<byte[], byte[]> only = at(HashSlot.NONE);
    return only == null || !only.isOpen() ? null : Set.of(only);
  }

  /** Somebody has said that another has a slot that was asked for there, or will have soon. */
  void doubt();

  /**
   * Has {@code command} executed by whoever has the keys of {@code slot}; ends with {@link
   * UnsentException} where there is no connection, or it cannot be found out in time who has.
   */
  default <T> CompletableFuture<T> ask(
      int slot,
      Function<StatefulRedisConnection<byte[], byte[]>, ? extends CompletionStage<T>> command) {
    StatefulRedisConnection<byte[], byte[]> connection = at(slot);
    if (connection == null || !connection.isOpen()) {
      return CompletableFuture.failedFuture(new UnsentException("Redis is not connected"));
    }
    return command.apply(connection).toCompletableFuture();
  }

  /** Deletes {@code keys}, and whatever is said of who writes or reads them. */
  default CompletableFuture<Long> forget(List<byte[]> keys) {
    byte[][] all =
        keys.stream().flatMap(key -> Stream.of(names().lease(key), key)).toArray(byte[][]::new);
    return ask(HashSlot.NONE, redis -> redis.async().del(all));
  }

  /**
   * Returns some of the keys that there are.
   *
   * @param pattern of SCAN
   * @param from null, or what the page before has said
   */
  default CompletableFuture<KeyPage> scan(byte[] pattern, @Nullable String from) {
    return ask(HashSlot.NONE, redis -> KeyPage.scan(redis, pattern, from));
  }
}
