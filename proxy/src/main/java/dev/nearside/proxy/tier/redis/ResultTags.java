package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Why no result outlives an invalidation of its tag that came after the change.
 *
 * The holder of the lease of k:  A  lease(k) set to its token    T  k added to the tag's set
 *                                R  statement, sent after T's reply
 *                                F  if lease(k) is the token, SET k
 * Who invalidates:               C  commit       P  the set is read, after C
 *                                D  for what it has read: out of the set, DEL lease(k), DEL k
 *
 * T before P: D deletes the lease, and k if F came before; a later F does nothing. T after P: R is
 * after T, so it sees C. In D all three go in one step: a holder whose T that step has taken back
 * has lost its lease, and one that comes later adds k again. A refresh takes the same steps.
 */

/**
 * Which results of cached queries carry which tag: sorted sets of keys, {@code
 * nearside:results:<tag>}, by when the result has expired at the latest, in seconds; what has is
 * dropped at the next addition. Thread-safe, never blocks; for a single primary.
 */
public final class ResultTags {
  private static final Logger log = LoggerFactory.getLogger(ResultTags.class);
  private static final byte[] PREFIX = "nearside:results:".getBytes(US_ASCII);
  private static final int PAGE = 256;

  /** Between the addition and the SET of the result lies a read of the database. */
  private static final Duration MARGIN = Duration.ofMinutes(2);

  /** KEYS: sets. ARGV: the key's name, seconds. */
  private static final byte[] ADD =
      """
      local now = tonumber(redis.call('TIME')[1])
      for _, set in ipairs(KEYS) do
        redis.call('ZREMRANGEBYSCORE', set, '-inf', '(' .. now)
        redis.call('ZADD', set, now + ARGV[2], ARGV[1])
        if redis.call('TTL', set) < tonumber(ARGV[2]) then
          redis.call('EXPIRE', set, ARGV[2])
        end
      end
      return 1
      """
          .getBytes(US_ASCII);

  /** KEYS: the set, and for each name its key and lease. ARGV: the names. */
  private static final byte[] DROP =
      """
      redis.call('ZREM', KEYS[1], unpack(ARGV))
      return redis.call('DEL', unpack(KEYS, 2))
      """
          .getBytes(US_ASCII);

  private final Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection;

  /** Whether the log knows that tags are not taken. */
  private final AtomicBoolean told = new AtomicBoolean();

  /**
   * @param connection gives the connection, or null while there is none
   */
  ResultTags(Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection) {
    this.connection = connection;
  }

  /**
   * Gives the result that is about to be read, of the key {@code name}, its tags; the statement is
   * to be sent when this has completed, and the result put into Redis only if it is true.
   *
   * @param life the most that it will live in Redis
   */
  public CompletableFuture<Boolean> add(List<byte[]> tags, byte[] name, Duration life) {
    StatefulRedisConnection<byte[], byte[]> current = connection.get();
    if (current == null) {
      return CompletableFuture.completedFuture(false);
    }
    byte[][] sets = tags.stream().map(ResultTags::setOf).toArray(byte[][]::new);
    byte[] seconds = Long.toString(life.plus(MARGIN).toSeconds()).getBytes(US_ASCII);
    return current
        .async()
        .<Long>eval(ADD, ScriptOutputType.INTEGER, sets, name, seconds)
        .handle((added, failure) -> {
          tell(failure);
          return failure == null;
        })
        .toCompletableFuture();
  }

  private void tell(@Nullable Throwable failure) {
    if (failure == null) {
      told.set(false);
    } else if (told.compareAndSet(false, true)) {
      log.warn(
          "Redis does not take the tags of the result of a query, which is then not kept there: {}",
          Leases.unwrap(failure).getMessage());
    }
  }

  /**
   * Deletes the results that carried {@code tag} when this was called, and their leases. Returns
   * the names of their keys; completes exceptionally where Redis cannot be asked.
   */
  public CompletionStage<List<byte[]>> drop(byte[] tag) {
    StatefulRedisConnection<byte[], byte[]> current = connection.get();
    if (current == null) {
      return CompletableFuture.failedStage(new RedisException("Redis is not connected"));
    }
    byte[] set = setOf(tag);
    return current
        .async()
        .zcard(set)
        .thenCompose(size -> dropPages(current.async(), set, size, List.of()));
  }

  /** Those with the earliest ends: who comes meanwhile has a later one, and need not go. */
  private static CompletionStage<List<byte[]>> dropPages(
      RedisAsyncCommands<byte[], byte[]> redis, byte[] set, long left, List<byte[]> dropped) {
    if (left <= 0) {
      return CompletableFuture.completedStage(dropped);
    }
    return redis
        .zrange(set, 0, Math.min(left, PAGE) - 1)
        .thenCompose(page ->
            page.isEmpty()
                ? CompletableFuture.completedStage(dropped)
                : drop(redis, set, page)
                    .thenCompose(gone ->
                        dropPages(
                            redis,
                            set,
                            left - page.size(),
                            Stream.concat(dropped.stream(), page.stream()).toList())));
  }

  private static CompletionStage<Long> drop(
      RedisAsyncCommands<byte[], byte[]> redis, byte[] set, List<byte[]> page) {
    byte[][] keys =
        Stream.concat(
                Stream.of(set),
                page.stream().flatMap(name -> Stream.of(name, Leases.leaseKey(name))))
            .toArray(byte[][]::new);
    return redis.eval(DROP, ScriptOutputType.INTEGER, keys, page.toArray(byte[][]::new));
  }

  private static byte[] setOf(byte[] tag) {
    return ByteBuffer.allocate(PREFIX.length + tag.length).put(PREFIX).put(tag).array();
  }
}
