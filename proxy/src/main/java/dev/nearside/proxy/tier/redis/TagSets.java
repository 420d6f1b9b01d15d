package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.invalidation.TagStore;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tags as sets of key names, {@code nearside:tag:<tag>}, in the sidecar's own database.
 * Thread-safe, never blocks.
 *
 * <p>A set expires a day after its last addition. It is read by SSCAN whatever its size: a small
 * one is answered whole, as by SMEMBERS, and a large one holds nobody up.
 */
final class TagSets implements TagStore {
  private static final byte[] PREFIX = "nearside:tag:".getBytes(US_ASCII);
  private static final Duration KEPT = Duration.ofHours(24);
  private static final ScanArgs PAGE = ScanArgs.Builder.limit(512);

  /** KEYS: the set. ARGV: the key's name, seconds. One step, so that no set is left for ever. */
  private static final byte[] ADD =
      """
      local new = redis.call('SADD', KEYS[1], ARGV[1])
      redis.call('EXPIRE', KEYS[1], ARGV[2])
      return new
      """
          .getBytes(US_ASCII);

  private final Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection;

  /**
   * Creates the store.
   *
   * @param connection gives the connection, or null while there is none
   */
  TagSets(Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection) {
    this.connection = connection;
  }

  @Override
  public CompletionStage<Boolean> add(byte[] tag, byte[] key) {
    byte[] seconds = Long.toString(KEPT.toSeconds()).getBytes(US_ASCII);
    byte[][] keys = {setOf(tag)};
    return ask(redis ->
        redis
            .<Long>eval(ADD, ScriptOutputType.INTEGER, keys, key, seconds)
            .thenApply(added -> added == 1));
  }

  @Override
  public CompletionStage<Page> page(byte[] tag, @Nullable String from) {
    ScanCursor cursor = from == null ? ScanCursor.INITIAL : ScanCursor.of(from);
    return ask(redis ->
        redis
            .sscan(setOf(tag), cursor, PAGE)
            .thenApply(
                page -> new Page(page.getValues(), page.isFinished() ? null : page.getCursor())));
  }

  @Override
  public CompletionStage<List<byte[]>> dropResults(byte[] tag) {
    return new ResultTags(connection).drop(tag);
  }

  private <T> CompletionStage<T> ask(
      Function<RedisAsyncCommands<byte[], byte[]>, CompletionStage<T>> question) {
    StatefulRedisConnection<byte[], byte[]> current = connection.get();
    if (current == null) {
      return CompletableFuture.failedStage(new RedisException("Redis is not connected"));
    }
    return question.apply(current.async());
  }

  private static byte[] setOf(byte[] tag) {
    return ByteBuffer.allocate(PREFIX.length + tag.length).put(PREFIX).put(tag).array();
  }
}
